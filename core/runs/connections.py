"""How tests of connections ended: `dbt debug`, the one step of its run."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.runs.models import RunStep


def steps_of_tests(session: Session, run_ids: Sequence[str]) -> dict[str, RunStep]:
    """The step of each of these runs that has begun."""
    if not run_ids:
        return {}
    query = sa.select(RunStep).where(RunStep.run_id.in_(run_ids), RunStep.step == 1)
    return {step.run_id: step for step in session.scalars(query)}
