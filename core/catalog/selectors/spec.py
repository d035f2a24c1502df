"""A parsed selection, in dbt's terms."""

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """By what a criterion selects."""

    FQN = "fqn"
    TAG = "tag"
    GROUP = "group"
    ACCESS = "access"
    SOURCE = "source"
    PATH = "path"
    FILE = "file"
    PACKAGE = "package"
    CONFIG = "config"
    TEST_NAME = "test_name"
    TEST_TYPE = "test_type"
    RESOURCE_TYPE = "resource_type"
    EXPOSURE = "exposure"
    METRIC = "metric"
    RESULT = "result"
    VERSION = "version"
    SEMANTIC_MODEL = "semantic_model"
    SAVED_QUERY = "saved_query"
    UNIT_TEST = "unit_test"


@dataclass(frozen=True)
class Walk:
    """How far to follow the graph one way; `depth` None is to its end."""

    depth: int | None


@dataclass(frozen=True)
class Criterion:
    """One method with its value, and which relatives come along.

    `arguments` are the parts after the method's first dot (`config.meta.owner`); `at` is where it stands in
    the text.
    """

    method: Method
    value: str
    arguments: tuple[str, ...] = ()
    parents: Walk | None = None
    children: Walk | None = None
    childrens_parents: bool = False
    at: int = 0

    @property
    def walks(self) -> bool:
        """Whether relatives come along."""
        return self.parents is not None or self.children is not None or self.childrens_parents


# Criteria joined by commas: what all of them select.
Intersection = tuple[Criterion, ...]
# Intersections joined by spaces: what any of them selects.
Union = tuple[Intersection, ...]


@dataclass(frozen=True)
class Selector:
    """What `--select` and `--exclude` ask for."""

    include: Union
    exclude: Union = ()
