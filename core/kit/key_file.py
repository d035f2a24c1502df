"""Files of keys that no setting gives: a JSON list, the newest first, readable by this user only."""

import json
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def make_once(path: Path, make_row: Callable[[], Row]) -> None:
    """Make the file with a first key, unless somebody else does at this moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = write_beside(path, [make_row()])
    try:
        path.hardlink_to(scratch)
    except FileExistsError:
        pass  # theirs is as good
    finally:
        scratch.unlink()


def read_rows(path: Path) -> list[Row]:
    """The keys of a file."""
    rows: list[Row] = json.loads(path.read_text())
    return rows


def write_beside(path: Path, rows: Sequence[Row]) -> Path:
    """The rows in a file beside `path`, complete, for this user only; `replace` puts it in place."""
    scratch = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(rows, file)
        file.flush()
        os.fsync(file.fileno())
    return scratch
