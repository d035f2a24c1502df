"""What a person chose to see of the lineage around a node."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.kit.errors import FieldError, Invalid

MAX_STEPS: Final = 10
MAX_EXPANDED: Final = 200
MAX_OPENED: Final = 50


@dataclass(frozen=True)
class View:
    """Steps around the focus, nodes opened up- or downstream by hand, and whose columns are shown.

    With a `column` in focus, the graph holds what its trace reaches. `since` compares with a snapshot.
    """

    up: int = 1
    down: int = 1
    expand_up: Sequence[str] = ()
    expand_down: Sequence[str] = ()
    with_tests: bool = False
    column: str | None = None
    influence: bool = False
    columns: Sequence[str] = ()
    all_columns: Sequence[str] = ()
    since: int | None = None


def check(view: View) -> None:
    """Raise Invalid, with the fields, for a view that asks too much."""
    problems = [
        FieldError(name, f"must be from 0 to {MAX_STEPS}")
        for name, value in (("up", view.up), ("down", view.down))
        if not 0 <= value <= MAX_STEPS
    ]
    if len(view.expand_up) + len(view.expand_down) > MAX_EXPANDED:
        problems.append(FieldError("expand_up", f"at most {MAX_EXPANDED} nodes can be opened"))
    problems += [
        FieldError(name, f"at most {MAX_OPENED} nodes can show columns")
        for name, opened in (("columns", view.columns), ("all_columns", view.all_columns))
        if len(opened) > MAX_OPENED
    ]
    if problems:
        raise Invalid("This view of the lineage is not possible.", details=problems)
