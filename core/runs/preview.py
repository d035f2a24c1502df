"""What a step would run, told before it does: from the catalog, by dbt's own rules.

What cannot be known from the catalog is unknown, with the reason; it is never none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
import yaml
from sqlalchemy.orm import Session

from core.catalog.models import CatalogState, Node
from core.catalog.reading import Reading, reading_now
from core.catalog.selectors.indirect import EAGER, select_ids
from core.catalog.selectors.parse import EVERYTHING, MAX_CRITERIA, MAX_LENGTH, parse
from core.catalog.snapshots.models import NodeContent
from core.environments.models import Environment
from core.kit.errors import FieldError, Invalid
from core.kit.hashing import text_hash
from core.runs.commands import Step, compares_by, refusal

_EXECUTABLE: Final = (
    "model",
    "test",
    "snapshot",
    "analysis",
    "operation",
    "seed",
    "sql_operation",
    "function",
)
# Which of the selected each command is about; from dbt's tasks (dbt-core 1.11).
ACTS_ON: Final[Mapping[str, Sequence[str]]] = {
    "build": ("model", "seed", "snapshot", "test", "unit_test", "saved_query", "exposure", "function"),
    "run": ("model",),
    "test": ("test", "unit_test"),
    "seed": ("seed",),
    "snapshot": ("snapshot",),
    "clone": ("model", "seed", "snapshot"),
    "compile": _EXECUTABLE,
    "docs generate": _EXECUTABLE,
    "source freshness": ("source",),
    "ls": (
        *("model", "snapshot", "seed", "test", "source", "exposure", "metric", "saved_query"),
        *("semantic_model", "unit_test", "function"),
    ),
}
# These also take nodes whose file is empty.
_TAKES_EMPTY: Final = frozenset({"ls", "docs generate"})
_SELECTORS: Final = "selectors.yml"
_COMPARISONS: Final = {
    "state:": "state: compares the project with an earlier one while dbt runs",
    "result:": "result: depends on the results of the state that the run is given",
    "source_status:": "source_status: compares two answers about the freshness of sources",
    "selector:": "selector: refers to selectors.yml, which dbt reads when it runs",
}


@dataclass(frozen=True)
class StepPreview:
    """What is known of a step. `unique_ids` is None where nobody can know; `reason` says why.

    `as_of` is when the manifest was taken in that this is told from: later changes are not in it.
    """

    step: Step
    unique_ids: frozenset[str] | None = None
    by_type: Mapping[str, int] = field(default_factory=dict[str, int])
    reason: str | None = None
    as_of: datetime | None = None

    @property
    def total(self) -> int | None:
        """How many nodes; None where nobody can know."""
        return None if self.unique_ids is None else len(self.unique_ids)


def preview_steps(
    session: Session, environment: Environment, steps: Sequence[Step], project: Path | None
) -> list[StepPreview]:
    """What each step would run. `project` is the folder of the dbt project, where it can be read.

    Raises:
        Invalid: a selection is none of dbt's; says where and why.
    """
    state = session.get(CatalogState, environment.id)
    entry: Mapping[str, Any] = (state.artifacts if state else {}).get("manifest.json", {})
    problems: list[FieldError] = []
    found: list[StepPreview] = []
    for index, step in enumerate(steps):
        try:
            found.append(_preview(session, environment, step, entry, project))
        except Invalid as error:
            problems.append(FieldError(f"steps.{index}.options.{_blamed(step)}", error.message))
    if problems:
        raise refusal(problems)
    return found


def _blamed(step: Step) -> str:
    """The option that a selection which cannot be read is in."""
    try:
        parse(_text(step, "select"))
    except Invalid:
        return "select"
    return "exclude"


def _preview(
    session: Session, environment: Environment, step: Step, entry: Mapping[str, Any], project: Path | None
) -> StepPreview:
    if step.command == "retry":
        return StepPreview(step, reason="dbt reads from the results of that run what is left to do")
    if step.command not in ACTS_ON:
        return StepPreview(step, frozenset(), reason=f"dbt {step.command} runs no nodes")
    if not entry:
        said = f"no manifest of the environment {environment.key!r} was taken in yet: parse the project"
        return StepPreview(step, reason=said)
    at = datetime.fromisoformat(entry["ingested_at"]) if entry.get("ingested_at") else None
    reason = _why_unknown(step, project)
    if reason:
        return StepPreview(step, reason=reason, as_of=at)
    reading = reading_now(environment.workspace_id, environment.id, environment.key)
    kinds = _kinds(session, reading, step, _selected(session, reading, step))
    by_type: dict[str, int] = {}
    for kind in kinds.values():
        by_type[kind] = by_type.get(kind, 0) + 1
    return StepPreview(step, frozenset(kinds), dict(sorted(by_type.items())), as_of=at)


def _why_unknown(step: Step, project: Path | None) -> str | None:
    if step.options.get("selector"):
        return "what a selector of selectors.yml means is known when dbt reads it"
    words: list[str] = [*step.options.get("select", []), *step.options.get("exclude", [])]
    for method, reason in _COMPARISONS.items():
        if any(compares_by(word, method) for word in words):
            return reason
    text = " ".join(words)
    if len(text) > MAX_LENGTH or len(text.replace(",", " ").split()) > MAX_CRITERIA:
        return f"the selection has more than {MAX_CRITERIA} parts or {MAX_LENGTH} characters"
    if not words and project is not None and _has_default_selector(project):
        return "the project has a default selector in selectors.yml, which holds where nothing is selected"
    return None


def _has_default_selector(project: Path) -> bool:
    """Whether selectors.yml may hold a selector for when nothing is selected; what cannot be read may."""
    try:
        content: Any = yaml.safe_load((project / _SELECTORS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, yaml.YAMLError):
        return True
    items: Any = content.get("selectors") if isinstance(content, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return any(isinstance(item, dict) and item.get("default") for item in items or [])  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


def _text(step: Step, name: str) -> str:
    return " ".join(step.options.get(name, []))


def _selected(session: Session, reading: Reading, step: Step) -> set[str]:
    select, exclude = _text(step, "select"), _text(step, "exclude")
    selector = parse(select, exclude) if select or exclude else parse(EVERYTHING)
    return select_ids(session, reading, selector, step.options.get("indirect_selection", EAGER))


def _kinds(session: Session, reading: Reading, step: Step, selected: set[str]) -> dict[str, str]:
    """Those of the selected that the command is about, with their resource types."""
    query = (
        sa.select(Node.unique_id, Node.resource_type)
        .where(Node.environment_id == reading.environment_id, Node.unique_id == sa.func.any(list(selected)))
        .where(Node.resource_type.in_(ACTS_ON[step.command]))
    )
    if step.command not in _TAKES_EMPTY:
        query = query.where(Node.raw_hash.is_distinct_from(text_hash("")))
    if step.command != "ls":
        # Written into what reads them, and never run.
        query = query.where(Node.materialization.is_distinct_from("ephemeral"))
    if step.command == "source freshness":
        query = query.where(_asked_for_freshness(reading))
    return dict(session.execute(query).tuples().all())


def _asked_for_freshness(reading: Reading) -> sa.ColumnElement[bool]:
    freshness = NodeContent.body["freshness"]
    limits = [freshness[name]["count"].astext.is_not(None) for name in ("warn_after", "error_after")]
    here = sa.and_(NodeContent.workspace_id == reading.workspace_id, NodeContent.hash == Node.content_hash)
    return sa.select(NodeContent.hash).where(here, sa.or_(*limits)).correlate(Node).exists()


def page_of(
    session: Session, environment: Environment, preview: StepPreview, *, offset: int, limit: int
) -> list[Node]:
    """Some of the nodes that a step would run, by type and name."""
    if not preview.unique_ids:
        return []
    query = (
        sa.select(Node)
        .where(Node.environment_id == environment.id)
        .where(Node.unique_id == sa.func.any(sorted(preview.unique_ids)))
        .order_by(Node.resource_type, sa.func.lower(Node.name), Node.unique_id)
        .offset(offset)
        .limit(limit)
    )
    return list(session.scalars(query))
