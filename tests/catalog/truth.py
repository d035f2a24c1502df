"""What dbt itself selects, in this process: seconds for a parse, milliseconds for each selection after it."""

import os
import subprocess
import sys
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.compilation import Linker
from dbt.contracts.graph.manifest import Manifest
from dbt.flags import set_flags
from dbt.graph import Graph, NodeSelector
from dbt.graph.cli import parse_difference
from dbt.graph.selector import ResourceTypeSelector
from dbt.node_types import EXECUTABLE_NODE_TYPES, REFABLE_NODE_TYPES, TEST_NODE_TYPES, NodeType
from dbt.task.build import BuildTask
from dbt.task.freshness import FreshnessSelector
from dbt.task.list import ListTask
from dbt_common.events.contextvars import task_contextvars

DBT = Path(sys.executable).parent / "dbt"


@dataclass(frozen=True)
class Truth:
    """A parsed project and dbt's answers about it."""

    project: Path
    folder: Path

    @property
    def manifest(self) -> Path:
        """The file that dbt wrote."""
        return self.folder / "target" / "manifest.json"

    def dbt(self, *arguments: str) -> str:
        """Run dbt in a process of its own."""
        places = ["--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs")]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        own = {
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "WORKBENCH_DEMO_DUCKDB": str(self.folder / "demo.duckdb"),
        }
        command = [str(DBT), "--quiet", *arguments, "--target", "duckdb", *places]
        done = subprocess.run(
            command, env=kept | own, cwd=self.project, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def selector(self) -> "DbtSelector":
        """Selects as dbt does, over the parsed project."""
        packed = (self.folder / "target" / "partial_parse.msgpack").read_bytes()
        return DbtSelector(Manifest.from_msgpack(packed), self.project)


def parsed(project: Path, folder: Path) -> Truth:
    """A project that dbt has parsed, its files in a folder elsewhere."""
    truth = Truth(project, folder)
    truth.dbt("parse")
    return truth


# What the task of each command asks of its selector.
TYPES: dict[str, list[Any]] = {
    "build": list(BuildTask.ALL_RESOURCE_VALUES),
    "run": [NodeType.Model],
    "test": TEST_NODE_TYPES,
    "seed": [NodeType.Seed],
    "snapshot": [NodeType.Snapshot],
    "clone": REFABLE_NODE_TYPES,
    "compile": EXECUTABLE_NODE_TYPES,
    "docs generate": EXECUTABLE_NODE_TYPES,
    "source freshness": [NodeType.Source],
    "ls": list(ListTask.DEFAULT_RESOURCE_VALUES),
}


def _mode(mode: str) -> None:
    set_flags(Namespace(INDIRECT_SELECTION=mode, WARN_ERROR=False, WARN_ERROR_OPTIONS=None))


class DbtSelector:
    """The graph that dbt makes of a project, asked as `dbt ls` asks it."""

    def __init__(self, manifest: Any, project: Path) -> None:
        _mode("eager")
        linker = Linker()
        linker.link_graph(manifest)
        self.manifest = manifest
        self._project = project
        self._graph = Graph(linker.graph)
        self._selector = NodeSelector(self._graph, manifest, include_empty_nodes=True)

    def select(self, text: str | None, exclude: str | None = None) -> set[str]:
        """The unique_ids that dbt selects."""
        spec = parse_difference(None if text is None else [text], None if exclude is None else [exclude])
        with task_contextvars(project_root=str(self._project)):
            return set(self._selector.get_selected(spec, warn_on_no_nodes=False))

    def run_by(
        self, command: str, text: str | None, exclude: str | None = None, mode: str = "eager"
    ) -> set[str]:
        """The unique_ids that a command runs; models that are only written into others are not run."""
        kind = FreshnessSelector if command == "source freshness" else ResourceTypeSelector
        takes_empty = command in {"ls", "docs generate"}
        _mode(mode)
        try:
            chooser = kind(self._graph, self.manifest, None, TYPES[command], include_empty_nodes=takes_empty)
            spec = parse_difference(None if text is None else [text], None if exclude is None else [exclude])
            with task_contextvars(project_root=str(self._project)):
                found = set(chooser.get_selected(spec, warn_on_no_nodes=False))
        finally:
            _mode("eager")
        nodes = self.manifest.nodes
        return (
            found
            if command == "ls"
            else {key for key in found if not (key in nodes and nodes[key].is_ephemeral_model)}
        )
