"""Precision, recall and F1 of the edges found, by construct and by dialect; README.md says what counts."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bench.lineage_truth.cases import Case, cases, relations
from core.lineage.columns.engine import trace
from core.lineage.columns.values import OutputColumn, QueryLineage, Status

Edges = Counter[tuple[str, ...]]
EVERY = "*"


@dataclass
class Tally:
    """How many edges were found that are expected, found that are not, and expected that were not found."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, found: Edges, expected: Edges) -> None:
        """Count one query."""
        both = (found & expected).total()
        self.right += both
        self.wrong += found.total() - both
        self.missed += expected.total() - both

    @property
    def precision(self) -> float:
        """The share of found edges that are expected."""
        found = self.right + self.wrong
        return self.right / found if found else 1.0

    @property
    def recall(self) -> float:
        """The share of expected edges that are found."""
        expected = self.right + self.missed
        return self.right / expected if expected else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass
class Score:
    """The score of some cases. `transforms` are value edges that also say rightly what happened."""

    cases: int = 0
    values: Tally = field(default_factory=Tally)
    influences: Tally = field(default_factory=Tally)
    transforms: Tally = field(default_factory=Tally)
    columns: int = 0
    resolved: int = 0
    silently_empty: int = 0
    # Of cases with something unsupported: edges that are not there in truth, and cases that say so.
    unsupported: int = 0
    invented: int = 0
    owned_up: int = 0

    def add(self, case: Case, lineage: QueryLineage) -> None:
        """Count one case in one dialect."""
        values, influences, transforms = found_edges(lineage)
        expected = expected_edges(case)
        self.cases += 1
        self.silently_empty += silently_empty(case, lineage)
        if not case.supported:
            self.unsupported += 1
            self.invented += sum(((values - expected[0]) + (influences - expected[1])).values())
            self.owned_up += lineage.status in {Status.PARTIAL, Status.UNKNOWN} and bool(lineage.reason)
            return
        self.values.add(values, expected[0])
        self.influences.add(influences, expected[1])
        self.transforms.add(transforms, expected[2])
        self.columns += len(case.columns)
        self.resolved += sum(1 for column in lineage.columns if _resolved(column))


def _resolved(column: OutputColumn) -> bool:
    return column.status in {Status.COMPLETE, Status.NONE}


def _numbered(names: Iterable[str]) -> Iterator[str]:
    """Names, with a number where one comes again."""
    seen: Counter[str] = Counter()
    for name in names:
        lowered = name.lower()
        seen[lowered] += 1
        yield lowered if seen[lowered] == 1 else f"{lowered}#{seen[lowered]}"


def found_edges(lineage: QueryLineage) -> tuple[Edges, Edges, Edges]:
    """Value edges, influence edges, and value edges with what happened."""
    values, influences, transforms = Edges(), Edges(), Edges()
    for name, column in zip(_numbered(item.name for item in lineage.columns), lineage.columns, strict=True):
        for source in column.sources:
            edge = (source.node, source.column.lower(), name)
            values[edge] += 1
            transforms[(*edge, source.transform.value)] += 1
        for item in column.influences:
            influences[(item.node, item.column.lower(), name, item.kind.value)] += 1
    for item in lineage.influences:
        influences[(item.node, item.column.lower(), EVERY, item.kind.value)] += 1
    return values, influences, transforms


def expected_edges(case: Case) -> tuple[Edges, Edges, Edges]:
    """The same as the case has them."""
    values, influences, transforms = Edges(), Edges(), Edges()
    for name, column in zip(_numbered(item.name for item in case.columns), case.columns, strict=True):
        for table, source, what in column.values:
            values[(table, source, name)] += 1
            transforms[(table, source, name, what)] += 1
        for table, source, kind in column.influences:
            influences[(table, source, name, kind)] += 1
    for table, source, kind in case.rows:
        influences[(table, source, EVERY, kind)] += 1
    return values, influences, transforms


def silently_empty(case: Case, lineage: QueryLineage) -> int:
    """How many outputs have sources in truth and none here, and nothing says why."""
    if not lineage.columns:
        return int(not lineage.reason)
    sourced = {item.name.lower() for item in case.columns if item.values or item.influences}
    return sum(
        1
        for column in lineage.columns
        if column.name.lower() in sourced and not (column.sources or column.influences or column.reason)
    )


def scored(wanted: Sequence[Case] | None = None) -> tuple[dict[str, Score], dict[str, Score], Score]:
    """By construct, by dialect, and of all."""
    constructs: dict[str, Score] = {}
    dialects: dict[str, Score] = {}
    whole = Score()
    known = relations()
    for case in cases() if wanted is None else wanted:
        for dialect in case.dialects:
            lineage = trace(case.sql, dialect, known)
            for score in (
                constructs.setdefault(case.construct, Score()),
                dialects.setdefault(dialect, Score()),
                whole,
            ):
                score.add(case, lineage)
    return constructs, dialects, whole


def table(scores: dict[str, Score], title: str) -> list[str]:
    """Lines for people."""
    parts: list[Callable[[Score], Tally]] = [lambda score: score.values, lambda score: score.influences]
    lines = [f"{title:<24} cases  value P      R     F1  influence P      R     F1  resolved  silent"]
    for name, score in scores.items():
        figures = "  ".join(
            f"{part(score).precision:10.3f} {part(score).recall:6.3f} {part(score).f1:6.3f}" for part in parts
        )
        resolved = f"{score.resolved / score.columns:9.3f}" if score.columns else "        -"
        lines.append(f"{name:<24} {score.cases:5} {figures} {resolved} {score.silently_empty:7}")
    return lines
