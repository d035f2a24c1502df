"""Artifacts that arrive: where they come from, and what can become of them."""

from dataclasses import dataclass
from typing import Final

# What can become of a file. Unchanged: it was known; superseded: a newer state of the project was.
INGESTED: Final = "ingested"
UNCHANGED: Final = "unchanged"
SUPERSEDED: Final = "superseded"
REFUSED: Final = "refused"


@dataclass(frozen=True)
class Arrival:
    """Where artifacts come from. `origin`: `run`, `parse`, `upload`, `folder` or `bucket`.

    `strict`: one broken file refuses them all; otherwise the good ones go on without it.
    """

    workspace_id: int
    environment_id: int
    origin: str = "parse"
    run_id: str | None = None
    step: int = 1
    command: str = "parse"
    drop_id: int | None = None
    strict: bool = False

    @property
    def is_own(self) -> bool:
        """Whether the product itself made them out of the workspace's project."""
        return self.origin in {"run", "parse"}
