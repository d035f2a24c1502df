"""What reads whole queries, as those see it that read parts of one."""

from typing import Protocol

from sqlglot import exp

from core.lineage.columns.frames import Frame
from core.lineage.columns.scopes import Scope


class Queries(Protocol):
    """What expressions need of the part that reads whole queries."""

    def query(self, query: exp.Expr, scope: Scope) -> Frame:
        """The columns of a query inside `scope`."""
        ...
