"""What each method of a selection asks of a node."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from core.catalog.selectors.files import file_matches, path_matches
from core.catalog.selectors.names import fqn_matches
from core.catalog.selectors.patterns import has_wildcards, matches
from core.catalog.selectors.scope import Condition, Nodes, Scope
from core.catalog.selectors.spec import Criterion, Method
from core.catalog.selectors.values import CONFIGURABLE, test_types
from core.catalog.snapshots.models import NodeContent

_MATERIALIZED: Final = ("model", "seed", "snapshot")
# dbt looks for an attribute before it looks for a key.
_ATTRIBUTES: Final = frozenset(dir(dict))
_NUMBER: Final = r"^-?\d{1,15}(\.\d{1,15})?$"


def condition(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    """Whether a criterion means a node, its relatives aside."""
    return _METHODS[criterion.method](scope, nodes, criterion)


def _fqn(_scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    return fqn_matches(nodes, criterion.value)


def _path(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    return path_matches(scope, nodes, criterion.value)


def _file(_scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    return file_matches(nodes, criterion.value)


def _tag(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    changed = scope.retagged(nodes)
    shown = sa.and_(sa.not_(changed), _any_tag(nodes.tags, criterion.value))
    said = scope.content(nodes, NodeContent.facts["tags"])
    own = _any_of(sa.func.jsonb_array_elements_text(said), criterion.value)
    # Semantic models have none, and metrics none of those that are in their configuration.
    kind, configured = nodes.resource_type, NodeContent.body["config"]["tags"]
    of_config = sa.and_(
        kind == "metric", scope.content(nodes, configured == NodeContent.facts["tags"]).is_(True)
    )
    return sa.and_(kind != "semantic_model", sa.or_(shown, sa.and_(changed, own)), sa.not_(of_config))


def _any_tag(tags: Any, value: str) -> Condition:
    if not has_wildcards(value):
        return tags.contains([value])
    return _any_of(sa.func.unnest(tags), value)


def _any_of(values: sa.Function[Any], pattern: str) -> Condition:
    value = values.column_valued("value")
    return sa.select(value).where(matches(value, pattern)).exists()


def _group(_scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    groupable = nodes.resource_type.in_([*CONFIGURABLE[:-1], "metric"])
    return sa.and_(groupable, matches(_column(nodes.group_name), criterion.value))


def _access(_scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    return sa.and_(nodes.resource_type == "model", nodes.access == criterion.value)


def _source(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    parts = criterion.value.split(".")
    if len(parts) == 1:
        parts.append("*")
    package, source, table = parts if len(parts) == 3 else ["*", *parts]
    return sa.and_(
        nodes.resource_type == "source",
        matches(_column(nodes.package_name), package),
        matches(scope.fact(nodes, "source_name"), source),
        matches(scope.fact(nodes, "source_table"), table),
    )


def _named(_scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    """`exposure:`, `metric:` and the like: a name, with its package or without."""
    package, dot, name = criterion.value.rpartition(".")
    kind = nodes.resource_type == str(criterion.method)
    own = matches(_column(nodes.name), name)
    return sa.and_(kind, own, matches(_column(nodes.package_name), package if dot else "*"))


def _package(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    if criterion.value == "this":
        return nodes.package_name == sa.func.coalesce(scope.project, "this")
    return matches(_column(nodes.package_name), criterion.value)


def _resource_type(_scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    return nodes.resource_type == criterion.value


def _is_generic(nodes: Nodes) -> Condition:
    # A generic test may be called singular; but only singular ones have a file of their own.
    of_its_own = sa.or_(nodes.path.like("%.yml"), nodes.path.like("%.yaml"))
    return sa.and_(nodes.resource_type == "test", sa.or_(nodes.test_kind != "singular", of_its_own))


def _test_name(_scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    generic = sa.and_(_is_generic(nodes), matches(_column(nodes.test_kind), criterion.value))
    unit = sa.and_(nodes.resource_type == "unit_test", matches(_column(nodes.name), criterion.value))
    return sa.or_(generic, unit)


def _test_type(_scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    generic = _is_generic(nodes)
    kinds = {
        "generic": generic,
        "singular": sa.and_(nodes.resource_type == "test", sa.not_(generic)),
        "unit": nodes.resource_type == "unit_test",
    }
    return sa.or_(*(kinds[kind] for kind in test_types(criterion.value)))


def _result(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    results = scope.reading.results
    query = sa.select(results.unique_id).where(scope.of(results), results.status == criterion.value)
    return nodes.unique_id.in_(query)


def _version(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    is_model, own = nodes.resource_type == "model", _column(nodes.version)
    if criterion.value == "none":
        return sa.and_(is_model, own.is_(None))
    latest = scope.content(nodes, NodeContent.body["latest_version"].astext)
    compared: Mapping[str, Condition] = {
        "latest": own == latest,
        "old": _is_before(own, latest),
        "prerelease": _is_before(latest, own),
    }
    return sa.and_(is_model, own.is_not(None), compared[criterion.value])


def _is_before(left: sa.ColumnElement[Any], right: sa.ColumnElement[Any]) -> Condition:
    """As numbers where both are, otherwise as text."""
    numbers = sa.and_(left.regexp_match(_NUMBER), right.regexp_match(_NUMBER))
    as_numbers = sa.cast(left, sa.Numeric) < sa.cast(right, sa.Numeric)
    return sa.case((numbers, as_numbers), else_=sa.collate(left, "C") < right)


def _config(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    arguments, value = criterion.arguments, criterion.value
    configurable = nodes.resource_type.in_(CONFIGURABLE)
    if not all(arguments) or not arguments or not _ATTRIBUTES.isdisjoint(arguments[1:]):
        return sa.false()
    if arguments == ("materialized",):
        return _materialized(scope, nodes, criterion)
    if arguments == ("severity",):
        return sa.and_(nodes.resource_type == "test", nodes.severity == value.lower())
    if arguments == ("enabled",):
        return sa.and_(configurable, sa.true() if value.upper() == "TRUE" else sa.false())
    return sa.and_(configurable, _says(scope, nodes, criterion))


def _materialized(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    """What the nodes' rows know, from there; the few others from the manifest."""
    kind = nodes.resource_type
    known = sa.and_(kind.in_(_MATERIALIZED), nodes.materialization == criterion.value)
    tests = sa.and_(kind == "test", sa.literal(criterion.value) == "test")
    others = sa.and_(
        kind.in_(CONFIGURABLE), kind.not_in([*_MATERIALIZED, "test"]), _says(scope, nodes, criterion)
    )
    return sa.or_(known, tests, others)


def _says(scope: Scope, nodes: Nodes, criterion: Criterion) -> Condition:
    """The configuration holds the value there, or in a list there. `@>` looks into no list on its way."""
    wanted = [criterion.value, [criterion.value], *_SWITCHES.get(criterion.value.upper(), ())]
    nested = (_nested(("config", *criterion.arguments), value) for value in wanted)
    return scope.content(nodes, sa.or_(*(NodeContent.body.contains(value) for value in nested)))


# In a list, Python takes 1 for true.
_SWITCHES: Final[Mapping[str, list[Any]]] = {"TRUE": [True, [True], [1]], "FALSE": [False, [False], [0]]}


def _nested(keys: tuple[str, ...], value: Any) -> Any:
    for key in reversed(keys):
        value = {key: value}
    return value


def _column(attribute: Any) -> sa.ColumnElement[Any]:
    return attribute


_METHODS: Final[Mapping[Method, Callable[[Scope, Nodes, Criterion], Condition]]] = {
    Method.FQN: _fqn,
    Method.PATH: _path,
    Method.FILE: _file,
    Method.TAG: _tag,
    Method.GROUP: _group,
    Method.ACCESS: _access,
    Method.SOURCE: _source,
    Method.EXPOSURE: _named,
    Method.METRIC: _named,
    Method.SEMANTIC_MODEL: _named,
    Method.SAVED_QUERY: _named,
    Method.UNIT_TEST: _named,
    Method.PACKAGE: _package,
    Method.RESOURCE_TYPE: _resource_type,
    Method.TEST_NAME: _test_name,
    Method.TEST_TYPE: _test_type,
    Method.RESULT: _result,
    Method.VERSION: _version,
    Method.CONFIG: _config,
}
