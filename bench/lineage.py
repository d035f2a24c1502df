"""Column lineage: is it true, and how long does it take beside another tool on the same files?"""

# ruff: noqa: S608 - the SQL here is read, and never run

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.lineage_truth.oracle import Verdict, judge, judged_queries
from bench.lineage_truth.scores import Score, scored, table
from bench.report import Row
from core.lineage.columns.engine import trace
from core.lineage.columns.serving import with_deep_stack
from core.lineage.columns.values import Relation

# The other tool and the versions measured; `WORKBENCH_BENCH_CACHE` says where its environment is kept.
OTHER: Final = "dbt-colibri"
WANTED: Final = ("dbt-colibri==0.3.7", "sqlglot==30.0.3")
ROUNDS: Final = 3
_GOOD: Final = 0.99
_COLUMNS: Final = 1_000
_STEPS: Final = 10


@dataclass(frozen=True)
class Run:
    """A command: seconds, and the greatest memory of all its processes in MB, shared pages counted once."""

    seconds: float
    megabytes: float


def measure() -> list[Row]:
    """All figures; the tables are printed on the way."""
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    constructs, dialects, whole = scored()
    verdict = judge(judged_queries())
    for line in [*table(constructs, "construct"), "", *table(dialects, "dialect"), "", *_judged(verdict)]:
        print(line)
    return [*_truth(whole, verdict), *_speed(), _wide()]


def _judged(verdict: Verdict) -> list[str]:
    changes = f"{verdict.observed} outputs that change with a column, {len(verdict.missing)} without an edge"
    return [
        f"judged by DuckDB: {verdict.queries} queries; {changes}",
        f"  {verdict.edges} columns with edges, {len(verdict.needless)} neither needed nor changing anything",
        f"  {verdict.confirmed} of {verdict.value_edges} value edges seen to change their output",
        *(f"  no edge: {item}" for item in verdict.missing[:10]),
        *(f"  needless: {item}" for item in verdict.needless[:10]),
    ]


def _share(name: str, value: float) -> Row:
    """A share that should be large: what is lacking to all, of what may be lacking."""
    return Row(name, value, "", f"lacking, of {1 - _GOOD:.2f}", round((1 - value) / (1 - _GOOD), 3), 1.0)


def _none(name: str, count: int) -> Row:
    return Row(name, count, "", "none", float(count), 0.0)


def _truth(whole: Score, verdict: Verdict) -> list[Row]:
    return [
        Row("cases, in their dialects", whole.cases, ""),
        _share("precision of value edges", whole.values.precision),
        _share("recall of value edges", whole.values.recall),
        _share("precision of influence edges", whole.influences.precision),
        _share("recall of influence edges", whole.influences.recall),
        _share("value edges that say what happened", whole.transforms.recall),
        _share("columns resolved", whole.resolved / max(whole.columns, 1)),
        _none("silently empty", whole.silently_empty),
        _none("unsupported: invented edges", whole.invented),
        _none("unsupported: not said so", whole.unsupported - whole.owned_up),
        _share("DuckDB: precision", verdict.precision),
        _share("DuckDB: recall", verdict.recall),
    ]


def _wide() -> Row:
    """A node of a thousand columns over ten common table expressions."""
    names = [f"c{place}" for place in range(_COLUMNS)]
    items = ", ".join(f"coalesce({name}, 0) as {name}" for name in names)
    chain = ", ".join(f"x{i} as (select {items} from {f'x{i - 1}' if i else 'w'})" for i in range(_STEPS))
    sql = f"with {chain} select * from x{_STEPS - 1}"
    wide = Relation("w", ("w",), tuple(names), complete=True)
    took: list[float] = []

    def work() -> None:
        began = time.perf_counter()
        trace(sql, "snowflake", [wide])
        took.append(time.perf_counter() - began)

    for _ in range(ROUNDS):
        with_deep_stack(threading.Thread(target=work))
    return Row("1,000 columns over 10 expressions", min(took), "s", "2 s", round(min(took) / 2, 3), 1.0)


def _speed() -> list[Row]:
    pair = Path(os.environ.get("WORKBENCH_REFERENCE_DATA", "../shared/data")) / "projects" / "tuva"
    if not (pair / "manifest.json").is_file():
        return [Row("project: not measured, no files", 0, "", str(pair))]
    other = _other_tool()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        command = str(Path(sys.executable).with_name("workbench"))
        ours = [command, "lineage", *_files(pair), "--output", str(out / "own")]
        theirs = [str(other), "generate", *_files(pair), "--disable-telemetry", "--output-dir", str(out)]
        runs = _alternately(ours, theirs if other is not None else None)
        return [*_beside(*runs), *_edges(out, measured=other is not None)]


def _files(pair: Path) -> list[str]:
    return ["--manifest", str(pair / "manifest.json"), "--catalog", str(pair / "catalog.json")]


def _other_tool() -> Path | None:
    """Its command in an environment of its own; None where it cannot be had."""
    home = Path(os.environ.get("WORKBENCH_BENCH_CACHE", str(Path.home() / ".cache" / "dbt-workbench-bench")))
    command = home / "colibri" / "bin" / "colibri"
    if command.is_file():
        return command
    made = home / "colibri"
    try:
        subprocess.run([sys.executable, "-m", "venv", str(made)], check=True, capture_output=True)
        subprocess.run([str(made / "bin" / "pip"), "install", "-q", *WANTED], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        shutil.rmtree(made, ignore_errors=True)
        return None
    return command if command.is_file() else None


def _alternately(ours: Sequence[str], theirs: Sequence[str] | None) -> tuple[Run, Run | None]:
    """Both in turns, so that whatever else the machine does falls on both; the best of each."""
    found: list[tuple[Run, Run | None]] = [
        (_run(ours), _run(theirs) if theirs is not None else None) for _ in range(ROUNDS)
    ]
    other = [run for _, run in found if run is not None]
    return _best([run for run, _ in found]), _best(other) if other else None


def _best(runs: Sequence[Run]) -> Run:
    return Run(min(run.seconds for run in runs), max(run.megabytes for run in runs))


def _run(command: Sequence[str]) -> Run:
    began = time.perf_counter()
    most = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, sum(_memory(pid) for pid in _tree(process.pid)))
            time.sleep(0.03)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return Run(time.perf_counter() - began, most / 1024)


def _tree(root: int) -> list[int]:
    """The process and all below it."""
    found = [root]
    for pid in found:
        try:
            found += [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            continue
    return found


def _memory(pid: int) -> int:
    """KB of it that are its own, and its part of what it shares."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _beside(own: Run, other: Run | None) -> list[Row]:
    if other is None:
        missing = f"not measured, {OTHER} could not be installed"
        return [Row("tuva", own.seconds, "s", missing), Row("tuva, memory", own.megabytes, "MB", missing)]
    return [
        Row(f"tuva, {OTHER}", other.seconds, "s"),
        Row("tuva", own.seconds, "s", OTHER, round(own.seconds / other.seconds, 3), round(1 / 6, 3)),
        Row(f"tuva, memory of {OTHER} (PSS)", other.megabytes, "MB"),
        Row("tuva, memory (PSS)", own.megabytes, "MB", OTHER, round(own.megabytes / other.megabytes, 3), 0.5),
    ]


Pair = tuple[str, str, str, str]


def _edges(out: Path, *, measured: bool) -> list[Row]:
    """Pairs of columns, each counted once; theirs as they list them."""
    kinds = _own_pairs(json.loads((out / "own").read_bytes())["edges"])
    values = {pair for pair, kind in kinds if kind == "value"}
    if not measured:
        return [Row("tuva, value edges", len(values), "", "not measured")]
    listed = _their_pairs(json.loads((out / "colibri-manifest.json").read_bytes())["lineage"]["edges"])
    theirs = set(listed)
    every = {pair for pair, _ in kinds}
    against = f"{len(theirs)} of {OTHER}, which lists {len(listed)}"
    return [
        Row("tuva, value edges", len(values), "", against, round(len(theirs) / len(values), 3), 1.0),
        Row("tuva, all edges", len(every), "", against, round(len(theirs) / len(every), 3), 1.0),
        Row("tuva, theirs that are influences here", len((theirs & every) - values), ""),
        _none("tuva, theirs that are no edge here", len(theirs - every)),
        Row("tuva, value edges that they lack", len(values - theirs), ""),
    ]


def _own_pairs(edges: Sequence[Mapping[str, Any]]) -> set[tuple[Pair, str]]:
    return {
        (
            (
                edge["from"]["node"],
                edge["from"]["column"].lower(),
                edge["to"]["node"],
                edge["to"]["column"].lower(),
            ),
            edge["kind"],
        )
        for edge in edges
    }


def _their_pairs(edges: Sequence[Mapping[str, Any]]) -> list[Pair]:
    """Those between columns; the others are between nodes."""
    return [
        (edge["source"], edge["sourceColumn"].lower(), edge["target"], edge["targetColumn"].lower())
        for edge in edges
        if edge["sourceColumn"] and edge["targetColumn"]
    ]
