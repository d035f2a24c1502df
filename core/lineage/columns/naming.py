"""What a warehouse calls an expression of the select list that has no alias."""

from typing import Any, Final

from sqlglot import exp

from core.lineage.columns.names import Folding

_POSTGRES: Final = frozenset({"postgres", "redshift", "materialize", "risingwave"})
_BY_PLACE: Final = {"bigquery": "f{}_", "trino": "_col{}", "presto": "_col{}", "athena": "_col{}"}
_TEXT_OF_PARTS: Final = frozenset({"duckdb", "spark", "spark2", "databricks", "hive"})
# What parsers make of operators that Postgres calls by no name.
_NAMELESS: Final = (
    exp.Binary,
    exp.Unary,
    exp.Between,
    exp.In,
    exp.Literal,
    exp.Null,
    exp.Interval,
    exp.Array,
)
_WORDS: Final[dict[type[exp.Expr], str]] = {
    exp.Case: "case",
    exp.If: "case",
    exp.Exists: "exists",
    exp.Array: "array",
    exp.Tuple: "row",
    exp.CurrentDate: "current_date",
    exp.Extract: "extract",
    exp.Boolean: "bool",
    exp.AtTimeZone: "timezone",
}
_SHINING_THROUGH: Final = (exp.Collate, exp.Bracket, exp.Window, exp.Filter, exp.WithinGroup)
UNNAMED: Final = "_col_{}"


def name_without_alias(folding: Folding, item: exp.Expr, place: int, nameless: int) -> str:
    """The name of an expression; `nameless` is how many such expressions stand before it.

    Exact where names follow from rules; the text of an expression is as its warehouse prints it most often.
    """
    dialect = folding.name_of_dialect
    if dialect in _POSTGRES:
        return _of_postgres(item) or "?column?"
    if dialect in _BY_PLACE:
        return _BY_PLACE[dialect].format(nameless if dialect == "bigquery" else place)
    if dialect in _TEXT_OF_PARTS:
        return _with_parentheses(item, dialect)
    if dialect == "snowflake":
        return item.sql("snowflake", comments=False).upper()
    if dialect in {"clickhouse", "mysql", "sqlite", "starrocks", "doris", "singlestore"}:
        return _text(item, dialect)
    return item.output_name or UNNAMED.format(place)


def _text(item: exp.Expr, dialect: str) -> str:
    written = item.sql(dialect, comments=False, normalize_functions=False)
    return "count()" if written.lower() == "count(*)" and dialect == "clickhouse" else written


def _of_postgres(item: Any) -> str:
    """The rules: the column in it, else the function, else the type of a cast; operators have no name."""
    inner = item.unnest() if isinstance(item, exp.Expr) else item
    if isinstance(inner, exp.Column | exp.Dot):
        return inner.name if isinstance(inner, exp.Column) else inner.expression.name
    if isinstance(inner, _SHINING_THROUGH):
        return _of_postgres(inner.this)
    if isinstance(inner, exp.Cast):
        return _of_postgres(inner.this) or inner.to.sql("postgres").split("(")[0].lower()
    if isinstance(inner, exp.Case) and isinstance(inner.args.get("default"), exp.Column):
        return inner.args["default"].name
    return _of_subquery(inner) if isinstance(inner, exp.Query) else _of_function(inner)


def _of_subquery(query: exp.Query) -> str:
    first = query.selects[0] if query.selects else None
    return "" if first is None else first.alias_or_name or _of_postgres(first)


def _of_function(inner: Any) -> str:
    """The name in front of the parenthesis."""
    if type(inner) in _WORDS:
        return _WORDS[type(inner)]
    if isinstance(inner, _NAMELESS) or not isinstance(inner, exp.Func):
        return ""
    if isinstance(inner, exp.Anonymous):
        return inner.name.lower()
    head, parenthesis, _ = inner.sql("postgres", comments=False).partition("(")
    return head.lower() if parenthesis and head.replace("_", "").isalnum() else inner.sql_name().lower()


def _with_parentheses(item: exp.Expr, dialect: str) -> str:
    """Operators in parentheses and functions in small letters."""
    copied = item.copy()
    for node in list(copied.find_all(exp.Binary, exp.Between, exp.In, exp.Not, exp.Neg)):
        if isinstance(node, exp.Dot | exp.JSONExtract) or isinstance(node.parent, exp.Paren):
            continue
        wrapped = exp.Paren(this=node.copy())
        if node is copied:
            copied = wrapped
        else:
            node.replace(wrapped)
    written = copied.sql(dialect, comments=False, normalize_functions="lower")
    if dialect == "duckdb":
        return written.replace("count(*)", "count_star()").replace(" AS TEXT)", " AS VARCHAR)")
    return written.replace("count(*)", "count(1)")
