"""Finding runs: by a node that they touched, and what else they can be filtered by."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.environments.models import Environment
from core.runs.models import RunNode
from core.runs.ports import (
    ACTOR_TAG,
    COMMAND_TAG,
    ENVIRONMENT_TAG,
    JOB_TAG,
    SCHEDULE_TAG,
    WORKSPACE_TAG,
    RunEngine,
)

# Runs of elsewhere, known by their artifacts only.
EXTERNAL: Final = "external-"
# A filter by node looks through so many of its runs, the choices of the other filters come from so many runs.
MOST_WITH_NODE: Final = 1000
LOOKED_AT: Final = 200
MOST_VALUES: Final = 100


def runs_with(session: Session, workspace_id: int, unique_id: str) -> list[str]:
    """The latest runs that a node was part of, in any environment."""
    environment_ids = sa.select(Environment.id).where(Environment.workspace_id == workspace_id)
    query = (
        sa.select(RunNode.run_id)
        .where(
            RunNode.environment_id == sa.func.any(sa.func.array(environment_ids.scalar_subquery())),
            RunNode.unique_id == unique_id.replace("\0", "\ufffd"),
            RunNode.run_id.not_like(f"{EXTERNAL}%"),
        )
        .group_by(RunNode.run_id)
        .order_by(sa.func.max(RunNode.started_at).desc().nulls_first())
        .limit(MOST_WITH_NODE)
    )
    return list(session.scalars(query))


@dataclass(frozen=True)
class Facets:
    """Values that the latest runs carry, the most frequent first. `looked_at`: how many runs that is."""

    environments: Sequence[str]
    actors: Sequence[str]
    commands: Sequence[str]
    schedules: Sequence[str]
    jobs: Sequence[str]
    looked_at: int


def facets(engine: RunEngine, workspace_key: str) -> Facets:
    """What the runs of a workspace can be filtered by, out of the latest of them."""
    runs = engine.list_runs({WORKSPACE_TAG: workspace_key}, (), limit=LOOKED_AT, cursor=None)

    def values(tag: str) -> list[str]:
        counted = Counter(run.tags[tag] for run in runs if tag in run.tags)
        return [value for value, _ in counted.most_common(MOST_VALUES)]

    return Facets(
        values(ENVIRONMENT_TAG),
        values(ACTOR_TAG),
        values(COMMAND_TAG),
        values(SCHEDULE_TAG),
        values(JOB_TAG),
        len(runs),
    )
