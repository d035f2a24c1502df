"""What a run would do, told before it is started."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import Query
from pydantic import BaseModel

from api.kit.access import GuardedRouter, RunStarter, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep
from api.runs.schemas import RunIn
from core.kit.errors import FieldError, Invalid
from core.kit.paging import decode_cursor, encode_cursor
from core.runs.asking import check_asked
from core.runs.preview import StepPreview, page_of, preview_steps
from core.workspaces import service as workspaces

router = GuardedRouter(prefix="/api/workspaces/{workspace}/runs", tags=["runs"])


class StepPreviewOut(BaseModel):
    """How many nodes a step would run. `total` is null where nobody can know, and `reason` says why.

    `as_of`: when the manifest was taken in that this is told from.
    """

    index: int
    display: str
    total: int | None
    by_type: dict[str, int]
    reason: str | None
    as_of: datetime | None

    @classmethod
    def of(cls, index: int, preview: StepPreview) -> Self:
        """From the domain."""
        return cls(
            index=index,
            display=preview.step.display,
            total=preview.total,
            by_type=dict(preview.by_type),
            reason=preview.reason,
            as_of=preview.as_of,
        )


class PreviewNodeOut(BaseModel):
    """A node that would be run."""

    unique_id: str
    name: str
    resource_type: str
    path: str


class PreviewOut(BaseModel):
    """Every step in numbers, and a page of the nodes of one of them."""

    environment: str
    steps: list[StepPreviewOut]
    step: int
    items: list[PreviewNodeOut]
    total: int | None
    next_cursor: str | None


@router.post("/preview", responses=responses(404, 409, 413))
def preview_run(
    _actor: RunStarter,
    workspace: WorkspaceDep,
    session: SessionDep,
    body: RunIn,
    step: Annotated[int, Query(ge=1, le=20, description="The step whose nodes are wanted.")] = 1,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PreviewOut:
    """How many and which nodes a run would run, from the catalog. Nothing is started or written."""
    request = body.request()
    asked = check_asked(session, workspace.id, request.steps, request.environment, request.retry)
    if step > len(asked.steps):
        raise Invalid(
            f"There is no step {step}.", details=[FieldError("step", f"must be from 1 to {len(asked.steps)}")]
        )
    found = preview_steps(session, asked.environment, asked.steps, workspaces.project_folder(workspace))
    shown, offset = found[step - 1], decode_cursor(cursor)
    nodes = page_of(session, asked.environment, shown, offset=offset, limit=limit)
    after = offset + len(nodes)
    return PreviewOut(
        environment=asked.environment.key,
        steps=[StepPreviewOut.of(index, item) for index, item in enumerate(found, start=1)],
        step=step,
        items=[PreviewNodeOut.model_validate(node, from_attributes=True) for node in nodes],
        total=shown.total,
        next_cursor=encode_cursor(after) if nodes and after < (shown.total or 0) else None,
    )
