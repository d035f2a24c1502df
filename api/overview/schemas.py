"""The overview as JSON."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel
from pydantic.dataclasses import dataclass

from api.models.items import NodeRef
from api.models.parts import FreshnessOut
from api.runs.schemas import RunOut
from core.catalog.coverage import Coverage
from core.catalog.models import Node, NodeResult
from core.catalog.overview import Overview


class IncidentOut(NodeRef):
    """A node whose last result is not good."""

    message: str | None
    failures: int | None
    run_id: str
    at: datetime
    owner: str | None

    @classmethod
    def of_result(cls, node: Node, result: NodeResult) -> Self:
        """From the tables."""
        return cls(
            **NodeRef.of_node(node, result).model_dump(),
            message=result.message,
            failures=result.failures,
            run_id=result.run_id,
            at=result.at,
            owner=node.owner,
        )


class SlowOut(NodeRef):
    """How long a node took the last time, in seconds."""

    seconds: float
    run_id: str

    @classmethod
    def of_result(cls, node: Node, result: NodeResult) -> Self:
        """From the tables."""
        return cls(
            **NodeRef.of_node(node, result).model_dump(),
            seconds=result.execution_time or 0.0,
            run_id=result.run_id,
        )


class SourceFreshnessOut(FreshnessOut):
    """Freshness of a source, by name."""

    unique_id: str
    name: str


@dataclass(frozen=True)
class CoverageOut(Coverage):
    """How many models are described and tested, of how many; columns likewise."""


class OverviewOut(BaseModel):
    """Is everything fine, and if not, what to do. `runs_known` is false while Dagster does not answer."""

    counts: dict[str, int]
    nodes_by_status: dict[str, int]
    failing: list[IncidentOut]
    failing_total: int
    slowest: list[SlowOut]
    freshness: list[SourceFreshnessOut]
    sources_without_freshness: int
    coverage: CoverageOut
    runs_known: bool
    recent_runs: list[RunOut]

    @classmethod
    def of(cls, found: Overview, runs: list[RunOut] | None) -> Self:
        """From the tables, and the runs where Dagster gave them."""
        return cls(
            counts=found.counts,
            nodes_by_status=found.health,
            failing=[IncidentOut.of_result(*item) for item in found.failing],
            failing_total=found.failing_total,
            slowest=[SlowOut.of_result(*item) for item in found.slowest],
            freshness=[
                SourceFreshnessOut(
                    **FreshnessOut.model_validate(row, from_attributes=True).model_dump(),
                    unique_id=row.unique_id,
                    name=name,
                )
                for name, row in found.freshness
            ],
            sources_without_freshness=found.sources_without_freshness,
            coverage=CoverageOut(**vars(found.coverage)),
            runs_known=runs is not None,
            recent_runs=runs or [],
        )
