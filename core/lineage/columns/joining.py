"""What is known of a node's columns, put together with what its SQL says of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from core.lineage.columns.known import Known, known_from_use
from core.lineage.columns.nodes import KnownFrom, NodeColumn, NodeLineage, ProjectNode
from core.lineage.columns.values import OutputColumn, QueryLineage, Status

BEGINNINGS: Final = frozenset({"source", "seed"})


def outcome(
    node: ProjectNode,
    known: Known,
    lineage: QueryLineage,
    used: Iterable[str],
    remarks: Sequence[str] = (),
    seconds: float = 0.0,
) -> NodeLineage:
    """The lineage of a node. `used` are columns that others read of it."""
    if node.kind in BEGINNINGS:
        columns = {
            name: NodeColumn(name, source, Status.NOT_APPLICABLE) for name, source in known.columns.items()
        }
        columns.update(columns_of_use(node.kind, known, used, ""))
        return NodeLineage(Status.NOT_APPLICABLE, lineage.reason, columns, complete=known.complete)
    columns, strays = _joined(known, lineage)
    columns.update(columns_of_use(node.kind, known, used, lineage.reason))
    status, reasons = lineage.status, [lineage.reason] if lineage.reason else []
    if strays and status is Status.COMPLETE:
        status = Status.PARTIAL
        reasons.append(
            f"the SQL gives no column {', '.join(strays[:3])}, which {node.kind}'s catalog or YAML has"
        )
    reason = "; ".join([*reasons, *remarks])
    return NodeLineage(status, reason, columns, lineage, seconds, known.complete)


def columns_of_use(kind: str, known: Known, used: Iterable[str], reason: str) -> dict[str, NodeColumn]:
    """The columns of which nothing is known but that others read them."""
    status = Status.NOT_APPLICABLE if kind in BEGINNINGS else Status.UNKNOWN
    said = "" if kind in BEGINNINGS else reason or _NO_SUCH
    return {
        name: NodeColumn(name, source, status, said, listed=False, from_use=True)
        for name, source in known_from_use(known, used).columns.items()
        if name not in known.columns
    }


_NO_SUCH: Final = "the SQL gives no column of this name"


def _joined(known: Known, lineage: QueryLineage) -> tuple[dict[str, NodeColumn], list[str]]:
    """Columns with what their lineage is, and those that the SQL does not give; names meet without case."""
    by_name: dict[str, OutputColumn] = {column.name.lower(): column for column in lineage.columns}
    columns: dict[str, NodeColumn] = {}
    strays: list[str] = []
    for name, source in known.columns.items():
        found = by_name.pop(name.lower(), None) or _struct_of(name, columns)
        if found is None:
            strays.append(name)
            columns[name] = NodeColumn(name, source, Status.UNKNOWN, lineage.reason or _NO_SUCH)
        else:
            columns[name] = NodeColumn(name, source, found.status, found.reason)
    for found in by_name.values():
        more = NodeColumn(found.name, KnownFrom.INFERRED, found.status, found.reason, listed=False)
        columns[found.name] = more
    return columns, strays


def _struct_of(name: str, columns: Mapping[str, NodeColumn]) -> NodeColumn | None:
    """YAML names fields of structs with dots; what is known of the struct is known of them."""
    first, dot, _ = name.partition(".")
    return columns.get(first) if dot else None
