"""`workbench lineage`: column lineage of a manifest or of one query; no server, no database."""

import gc
import logging
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

import yaml

from core.artifacts.errors import MalformedArtifact, UnsupportedArtifact
from core.artifacts.manifest import open_manifest
from core.artifacts.warehouse import open_warehouse
from core.lineage.columns.engine import trace
from core.lineage.columns.nodes import KINDS, NodeLineage, ProjectNode, node_of
from core.lineage.columns.project import Project, project_lineage
from core.lineage.columns.relations import dialect_of
from core.lineage.columns.report import of_query, report
from core.lineage.columns.schemas import NotASchema, relations_of
from core.lineage.columns.serving import with_deep_stack
from core.lineage.columns.values import QueryLineage, Relation

OK, USAGE = 0, 2
QUERY: Final = "query"
_SECTIONS: Final = frozenset({"nodes", "sources"})


class WrongInput(Exception):
    """A file that cannot be used; the text says which and why."""


@dataclass(frozen=True)
class Choice:
    """What to read and how."""

    manifest: Path | None = None
    catalog: Path | None = None
    sql: Path | None = None
    schema: Path | None = None
    dialect: str | None = None
    output: Path | None = None
    workers: int | None = None
    seconds: float = 60.0


def run_lineage(choice: Choice) -> int:
    """Compute and write; the exit code."""
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    # Nearly all that is made stays until the end: looking for what may go would only cost time.
    gc.disable()
    try:
        _write(report(_lineage(choice)), choice.output)
    except WrongInput as error:
        print(f"workbench lineage: {error}", file=sys.stderr)
        return USAGE
    finally:
        gc.enable()
    return OK


def _lineage(choice: Choice) -> dict[str, NodeLineage]:
    if (choice.manifest is None) == (choice.sql is None):
        raise WrongInput("give either --manifest or --sql.")
    _check_dialect(choice.dialect)
    if choice.manifest is not None:
        return _of_manifest(choice, choice.manifest)
    if choice.catalog is not None:
        raise WrongInput("--catalog belongs to --manifest; a query takes --schema.")
    return _of_sql(choice, choice.sql or Path())


def _check_dialect(dialect: str | None) -> None:
    from sqlglot.dialects.dialect import Dialect

    try:
        Dialect.get_or_raise(dialect)
    except ValueError as error:
        raise WrongInput(f"--dialect: {error}") from error


def _of_manifest(choice: Choice, path: Path) -> dict[str, NodeLineage]:
    if choice.schema is not None:
        raise WrongInput("--schema belongs to --sql; a manifest takes --catalog.")
    try:
        nodes, adapter = _nodes(path)
        catalog = _catalog(choice.catalog) if choice.catalog is not None else {}
    except (MalformedArtifact, UnsupportedArtifact) as error:
        raise WrongInput(f"{path}: {error}") from error
    except OSError as error:
        raise WrongInput(f"{error.filename}: {error.strerror}") from error
    dialect = dialect_of(adapter) if choice.dialect is None else choice.dialect
    bar = Bar(sys.stderr)
    found = project_lineage(
        Project(nodes, dialect, catalog), workers=choice.workers, seconds=choice.seconds, progress=bar.show
    )
    bar.end()
    return found


def _nodes(path: Path) -> tuple[list[ProjectNode], str | None]:
    """The nodes and the adapter; the manifest itself is let go of, it may be large."""
    manifest = open_manifest(path)
    entries = (
        entry
        for entry in manifest.entries()
        if entry.section in _SECTIONS and entry.unique_id.split(".", 1)[0] in KINDS
    )
    nodes = [node for entry in entries if (node := _node(manifest.parse(entry))) is not None]
    return nodes, manifest.adapter_type


def _node(parsed: Any) -> ProjectNode | None:
    return node_of(parsed) if parsed is not None else None


def _catalog(path: Path) -> dict[str, list[str]]:
    warehouse = open_warehouse(path)
    return {
        unique_id: [column["name"] for column in warehouse.body(unique_id)["columns"]]
        for unique_id in warehouse.hashes()
    }


def _of_sql(choice: Choice, path: Path) -> dict[str, NodeLineage]:
    sql = _text(path)
    relations = _relations(choice.schema) if choice.schema is not None else []
    found: list[QueryLineage] = []

    def work() -> None:
        found.append(trace(sql, choice.dialect or "", relations, take_unlisted=True))

    with_deep_stack(threading.Thread(target=work))
    return of_query(QUERY, found[0])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise WrongInput(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise WrongInput(f"{path} is not UTF-8 text.") from error


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise WrongInput(f"{path} is neither JSON nor YAML: {error}") from error


def _relations(path: Path) -> list[Relation]:
    """Tables of a schema file."""
    try:
        return relations_of(_read(path))
    except NotASchema as error:
        raise WrongInput(f"--schema: {error}") from error


def _write(pieces: Iterable[bytes], path: Path | None) -> None:
    try:
        if path is None:
            sys.stdout.buffer.writelines(pieces)
            return
        with path.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise WrongInput(f"--output: {path or 'standard output'}: {error.strerror}.") from error


class Bar:
    """How far it is, on one line where a terminal shows it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = -1

    def show(self, done: int, total: int) -> None:
        """Say how many of how many; on a terminal only, and only where it changed visibly."""
        percent = done * 100 // max(total, 1)
        if percent != self._shown and self._stream.isatty():
            self._shown = percent
            filled = "#" * (percent // 4)
            self._stream.write(f"\r[{filled:<25}] {done} of {total} nodes")
            self._stream.flush()
        self._last = (done, total)

    def end(self) -> None:
        """Leave the line."""
        if self._shown >= 0:
            self._stream.write("\n")
