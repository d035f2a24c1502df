"""The queue of a workspace: what waits, and why."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel

from api.kit.access import GuardedRouter, RunReader, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import StateDep
from api.runs.schemas import RunOut
from core.kit import clock
from core.runs import service
from core.runs.ports import EngineRun, Limits, Queue
from core.runs.queue import Waiting, explain
from core.workspaces.models import Workspace

router = GuardedRouter(prefix="/api/workspaces/{workspace}/runs", tags=["runs"])


class WaitingOut(BaseModel):
    """A run that waits. `ahead`: runs before it, of all workspaces. `blockers`: those that one may see."""

    run: RunOut
    ahead: int
    reason: str
    blockers: list[str]

    @classmethod
    def of(cls, workspace: Workspace, waiting: Waiting) -> Self:
        """As far as a member of this workspace may see it."""
        blockers = [run.run_id for run in waiting.blockers if service.belongs_to(run, workspace)]
        run = RunOut.of(service.view_launched(workspace, waiting.run))
        return cls(run=run, ahead=waiting.ahead, reason=waiting.reason, blockers=blockers)


class QueueOut(BaseModel):
    """`active` counts the runs that go on: here, and in all workspaces together; `most` may at once."""

    items: list[WaitingOut]
    total: int
    active: int
    active_everywhere: int
    waiting_everywhere: int
    most: int | None
    is_served: bool

    @classmethod
    def of(cls, workspace: Workspace, queue: Queue) -> Self:
        """The part of the queue that is this workspace's."""
        told = explain(queue, clock.now())
        own = [WaitingOut.of(workspace, item) for item in told if service.belongs_to(item.run, workspace)]
        limits: Limits = queue.limits
        return cls(
            items=own,
            total=len(own),
            active=_count(workspace, queue.active),
            active_everywhere=len(queue.active),
            waiting_everywhere=len(queue.waiting),
            most=limits.most,
            is_served=queue.is_served,
        )


def _count(workspace: Workspace, runs: Sequence[EngineRun]) -> int:
    return sum(service.belongs_to(run, workspace) for run in runs)


@router.get("/queue", responses=responses(404))
def run_queue(_actor: RunReader, workspace: WorkspaceDep, state: StateDep) -> QueueOut:
    """What waits in the order in which it is taken up, each with the reason why it waits."""
    return QueueOut.of(workspace, state.engine.queue())
