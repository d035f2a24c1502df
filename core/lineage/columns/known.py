"""Which columns of a node are known, and from what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.lineage.columns.nodes import KnownFrom, ProjectNode
from core.lineage.columns.values import QueryLineage, Relation


@dataclass(frozen=True)
class Known:
    """Columns in order with what they are known from; `complete` where there are no others."""

    columns: Mapping[str, KnownFrom] = field(default_factory=dict[str, KnownFrom])
    complete: bool = False

    def relation(self, node: ProjectNode) -> Relation:
        """The node as a relation that others read."""
        return Relation(node.unique_id, node.relation, tuple(self.columns), self.complete)


def known_before(node: ProjectNode, catalog: Sequence[str] | None) -> Known:
    """What is known without reading the node's SQL. YAML alone may leave columns out."""
    if catalog:
        return Known(dict.fromkeys(catalog, KnownFrom.CATALOG), complete=True)
    if node.contract and node.declared:
        return Known(dict.fromkeys(node.declared, KnownFrom.CONTRACT), complete=True)
    return Known(dict.fromkeys(node.declared, KnownFrom.YAML))


def known_after(before: Known, lineage: QueryLineage, added: Sequence[str] = ()) -> Known:
    """What is known once the SQL is read; `added` are columns that dbt puts behind those of the query."""
    if before.complete or not (lineage.columns or lineage.open):
        return before
    inferred = [column.name for column in lineage.columns] + list(added)
    complete = not lineage.open and len({name.lower() for name in inferred}) == len(inferred)
    return Known(_together(inferred, before.columns), complete=complete)


def known_from_use(before: Known, names: Iterable[str]) -> Known:
    """Columns that others read of it and that nothing else names."""
    if before.complete:
        return before
    listed = {name.lower() for name in before.columns}
    used = {name.lower(): name for name in reversed(list(names)) if name.lower() not in listed}
    return Known({**before.columns, **dict.fromkeys(reversed(used.values()), KnownFrom.INFERRED)})


def _together(inferred: Sequence[str], declared: Mapping[str, KnownFrom]) -> dict[str, KnownFrom]:
    """Inferred columns in their order, spelled and known as YAML has them, then what YAML alone has."""
    spelled = {name.lower(): name for name in declared}
    columns: dict[str, KnownFrom] = {}
    for name in inferred:
        own = spelled.pop(name.lower(), None)
        columns[own or name] = KnownFrom.INFERRED if own is None else KnownFrom.YAML
    return {**columns, **dict.fromkeys(spelled.values(), KnownFrom.YAML)}
