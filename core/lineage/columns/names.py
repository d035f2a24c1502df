"""Names as a dialect understands them: folding of unquoted identifiers, and columns found by name."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect, NormalizationStrategy, UsingColumnOrder

# Parts of the names of functions of a select list that give a row for each element.
ROW_FUNCTIONS: Final = (
    "explode",
    "unnest",
    "inline",
    "arrayjoin",
    "generate_series",
    "array_elements",
    "json_each",
    "jsonb_each",
    "object_keys",
    "_to_table",
)
_LATERAL_ALIASES: Final = frozenset(
    {"snowflake", "redshift", "duckdb", "databricks", "spark", "spark2", "clickhouse", "teradata", "exasol"}
)


_FOLDED: Final[dict[Any, Callable[[str], str]]] = {
    NormalizationStrategy.UPPERCASE: str.upper,
    NormalizationStrategy.LOWERCASE: str.lower,
}
# What VALUES calls its columns: the number of the first, and the name around it.
_VALUES: Final = {
    "duckdb": (0, "col{}"),
    "spark": (1, "col{}"),
    "databricks": (1, "col{}"),
    "trino": (0, "_col{}"),
    "athena": (0, "_col{}"),
    "snowflake": (1, "COLUMN{}"),
    "clickhouse": (1, "c{}"),
}


class Folding:
    """What a dialect makes of identifiers, and where it allows aliases of the select list."""

    def __init__(self, dialect: str, sql: str = "") -> None:
        self.dialect: Dialect = Dialect.get_or_raise(dialect or None)
        # Looked for only where it can be, since that means a look into every expression.
        lowered = sql.lower()
        self.columns_function = "columns" in lowered
        self.row_functions = any(word in lowered for word in ROW_FUNCTIONS)
        self.name_of_dialect = dialect
        self._folded = _FOLDED.get(self.dialect.normalization_strategy, str)
        self.lateral_aliases = dialect in _LATERAL_ALIASES
        # `a::int` without an alias is column `a` in these, and has no name of its own elsewhere.
        self.names_casts = dialect in {"", "postgres", "redshift", "spark", "databricks", "snowflake"}
        # Dialects in which a common table expression may name itself without RECURSIVE.
        self.recursive_without_word = dialect in {"tsql", "fabric", "oracle", "snowflake", "teradata"}
        # Subqueries in FROM see what stands left of them without LATERAL.
        self.implicit_lateral = dialect == "duckdb"
        self.aliases_first = dialect == "clickhouse"
        # In an expression of ORDER BY these see the columns that FROM brings before aliases.
        self.orders_by_input = dialect in {"postgres", "redshift", "duckdb", "tsql", "fabric", "materialize"}
        # Parsers take `f(a -> 'x')` for a lambda where there are none.
        self.has_lambdas = dialect not in {"postgres", "redshift", "materialize", "risingwave", "mysql"}
        self.unpivot_values_first = dialect == "bigquery"
        self.first_of_values, self.name_of_values = _VALUES.get(dialect, (1, "column{}"))
        self.using_in_place = self.dialect.USING_COLUMN_ORDER is UsingColumnOrder.IN_PLACE

    def name(self, identifier: Any) -> str:
        """The name as the warehouse keeps it; text is taken as it is."""
        if type(identifier) is exp.Identifier:
            name: str = identifier.args["this"]
        elif isinstance(identifier, exp.Expr):
            name = identifier.name
        else:
            return str(identifier)
        return name if identifier.args.get("quoted") else self._folded(name)


def suffix_match(asked: Iterable[str], name: Iterable[str]) -> bool:
    """Whether one dotted name ends as the other does, without regard to case.

    Catalog prefixes differ between artifacts and compiled SQL, so whichever is shorter decides.
    """
    pairs = zip(reversed(list(asked)), reversed(list(name)), strict=False)
    return all(left.lower() == right.lower() for left, right in pairs)
