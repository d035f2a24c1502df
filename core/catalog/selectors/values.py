"""Which values a method takes. dbt finds out while it selects; here the text is refused before."""

from collections.abc import Callable, Mapping
from typing import Final

from core.catalog.selectors.spec import Method

# What dbt finds the configuration of.
CONFIGURABLE: Final = (
    "model",
    "seed",
    "snapshot",
    "test",
    "analysis",
    "operation",
    "sql_operation",
    "source",
)
# What selection is about; macros, groups and docs are in no graph.
SELECTABLE: Final = (
    *CONFIGURABLE,
    "exposure",
    "metric",
    "semantic_model",
    "saved_query",
    "unit_test",
    "function",
)
TESTS: Final = ("test", "unit_test")
RESOURCE_TYPES: Final = (*SELECTABLE, "rpc", "doc", "macro", "group", "fixture")
VERSIONS: Final = ("latest", "prerelease", "old", "none")


def test_types(value: str) -> tuple[str, ...]:
    """The kinds of tests that `test_type:` means: of `generic`, `singular` and `unit`.

    dbt also takes parts of these words, by the way it compares them, and `schema` and `data` of old.

    Raises:
        ValueError: none of them.
    """
    if value in ("generic", "schema"):
        return ("generic",)
    if value in "data":
        return ("generic", "singular")
    for kind in ("singular", "unit"):
        if value in kind:
            return (kind,)
    raise ValueError("is no type of tests: expected generic, singular, unit or data")


def path_parts(value: str) -> list[str]:
    """The parts of a path pattern; an empty one at its end means that only folders are meant.

    Raises:
        ValueError: no pattern relative to the project.
    """
    if value.startswith("/"):
        raise ValueError("begins with a slash: paths are relative to the folder of the project")
    parts = [part for part in value.split("/") if part not in ("", ".")]
    if not parts:
        raise ValueError("names no path; `fqn:*` selects everything")
    if any("**" in part and part != "**" for part in parts):
        raise ValueError("has `**` beside other characters: it stands for folders only by itself")
    return [*parts, ""] if value.endswith("/") else parts


def _dots(most: int, form: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value.count(".") > most:
            raise ValueError(f"has too many dots: expected {form}")

    return check


def _one_of(values: tuple[str, ...]) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in values:
            raise ValueError(f"has a value that does not exist: expected {', '.join(values)}")

    return check


_CHECKS: Final[Mapping[Method, Callable[[str], object]]] = {
    Method.SOURCE: _dots(2, "source, source.table or package.source.table"),
    Method.EXPOSURE: _dots(1, "exposure or package.exposure"),
    Method.METRIC: _dots(1, "metric or package.metric"),
    Method.SEMANTIC_MODEL: _dots(1, "semantic_model or package.semantic_model"),
    Method.SAVED_QUERY: _dots(1, "saved_query or package.saved_query"),
    Method.UNIT_TEST: _dots(1, "unit_test or package.unit_test"),
    Method.RESOURCE_TYPE: _one_of(RESOURCE_TYPES),
    Method.VERSION: _one_of(VERSIONS),
    Method.TEST_TYPE: test_types,
    Method.PATH: path_parts,
}


def check_value(method: Method, value: str) -> None:
    """Refuse a value that the method cannot have.

    Raises:
        ValueError: why not, as the end of a sentence.
    """
    if check := _CHECKS.get(method):
        check(value)
