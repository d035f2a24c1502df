"""The actor of a request, and the scopes that roles carry."""

from dataclasses import dataclass
from enum import StrEnum

from core.kit.errors import Forbidden


class Scope(StrEnum):
    """What can be allowed."""

    CATALOG_READ = "catalog:read"
    RUN_READ = "run:read"
    RUN_START = "run:start"
    RUN_CANCEL = "run:cancel"
    DAGSTER_USE = "dagster:use"


@dataclass(frozen=True)
class Actor:
    """Somebody who asks. `workspace_ids` is None for those who see every workspace."""

    name: str
    scopes: frozenset[Scope]
    workspace_ids: frozenset[int] | None
    request_id: str | None = None

    def require(self, scope: Scope) -> None:
        """Raise Forbidden, naming the scope, unless the actor holds it."""
        if scope not in self.scopes:
            raise Forbidden(
                f"This needs the right {scope.value}.", hint="Ask an admin of the workspace for it."
            )


def local_admin(request_id: str | None = None) -> Actor:
    """The one person of an installation without login."""
    return Actor("local admin", frozenset(Scope), None, request_id)
