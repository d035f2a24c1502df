"""What a run needs and takes seconds to load: imported once, before runs are forked from it.

Imports are not all. Much of dbt is generated on first use (readers and writers of every kind of node), so a
small project is parsed as well: a forked dbt then begins where the terminal's is after three to five seconds.
"""

import contextlib
import gc
import importlib
import io
import os
import pkgutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.runs.dbt_process import dbt_executable
from orchestration.lib.garbage import collect_rarely

PROJECT: Final = Path(__file__).parent / "warm_up_project"
MODULES: Final = (
    "dagster",
    "dagster._cli.api",
    "dagster_postgres",
    "dagster_dbt",
    "dbt.cli.main",
    "core.schema",
    "orchestration.defs.compose",
    "orchestration.defs.dbt.definitions",
    "orchestration.launcher.aftermath",
    "orchestration.launcher.worker",
    # Each of these is first wanted in the middle of a run.
    "babel.dates",
    "daff",
    "dbt_common.clients.agate_helper",
    "multiprocessing.dummy",
    "multiprocessing.pool",
    "sqlparse",
)
NO_ADAPTERS: Final = frozenset(
    ["base", "sql", "contracts", "events", "exceptions", "clients", "catalogs", "record", "relation_configs"]
)


def warm_up() -> None:
    """Load everything that runs have in common. No thread is left, and no connection.

    Raises:
        ImportError: something is not installed.
        RuntimeError: dbt could not parse the project that comes along.
    """
    for name in (*MODULES, *_adapters()):
        importlib.import_module(name)
    _read_a_project()
    _check_alone()
    gc.collect()
    gc.freeze()


def _check_alone() -> None:
    """Raise where something has started a thread, of Python or not: a fork of this process would lack it."""
    tasks = Path("/proc/self/task")
    if tasks.is_dir() and (count := len(list(tasks.iterdir()))) > 1:
        raise RuntimeError(f"{count - 1} threads run in what was loaded; runs cannot be forked from it.")


def _adapters() -> list[str]:
    """The adapters of dbt that are installed."""
    import dbt.adapters  # noqa: PLC0415 - seconds

    found = pkgutil.iter_modules(dbt.adapters.__path__)
    return [
        f"dbt.adapters.{module.name}" for module in found if module.ispkg and module.name not in NO_ADAPTERS
    ]


def _read_a_project() -> None:
    """Have dbt read the manifest of a small project, which it has first been parsed to.

    By a child: dbt's static parser starts threads, which a fork would lack, and wait for.
    """
    from dbt.adapters.factory import reset_adapters  # noqa: PLC0415 - seconds

    with tempfile.TemporaryDirectory(prefix="workbench-warm-up-") as folder:
        child = os.fork()
        if child == 0:
            try:
                _parse(folder)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        _parse(folder)
    reset_adapters()


def _parse(folder: str) -> None:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - seconds

    places = {"--project-dir": str(PROJECT), "--profiles-dir": str(PROJECT), "--target-path": folder}
    words = ["parse", *(word for place in places.items() for word in place), "--log-path", folder]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        done = dbtRunner().invoke([*words, "--log-level-file", "none", "--no-send-anonymous-usage-stats"])
    if not done.success:
        raise RuntimeError(f"dbt does not parse {PROJECT}: {done.exception or said.getvalue()}")


def run_dbt(words: Sequence[str]) -> int:
    """Be dbt, as if started with these words as a program, in the environment of this process."""
    import time  # noqa: PLC0415

    from dbt.cli.main import cli  # noqa: PLC0415 - loaded long ago

    collect_rarely()
    time.tzset()
    sys.argv = [dbt_executable(), *words[1:]]
    try:
        cli.main(args=list(words[1:]), prog_name="dbt", standalone_mode=True)
    except SystemExit as ended:
        code = ended.code
        if isinstance(code, str):
            sys.stdout.write(f"{code}\n")
        return code if isinstance(code, int) else int(code is not None)
    finally:
        sys.stdout.flush()
    return 0
