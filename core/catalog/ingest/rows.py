"""The rows of one node, in every table that knows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from core.catalog.columns import Column, merge
from core.catalog.ingest.stored import Known
from core.catalog.made_of import MADE_OF
from core.catalog.values import TEST_TYPES, ParsedNode
from core.kit.bulk import as_json

# The columns of `nodes` that a manifest fills; in `ParsedNode.facts` under the same names.
FACTS: Final = (
    "resource_type",
    "name",
    "package_name",
    "path",
    "patch_path",
    "description",
    "database_name",
    "schema_name",
    "relation_name",
    "materialization",
    "language",
    "tags",
    "fqn",
    "owner",
    "group_name",
    "access",
    "version",
    "contract_enforced",
    "test_kind",
    "attached_node",
    "column_name",
    "severity",
)
NODE_COLUMNS: Final = ("id", "environment_id", "unique_id", *FACTS, *MADE_OF, "entry_hash")
VERSION_COLUMNS: Final = ("environment_id", "unique_id", "valid_from", *MADE_OF)
# What people may say of a node beside its project, and is shown in lists.
OVERRIDDEN: Final = ("owner", "description", "tags")


@dataclass(frozen=True)
class Draft:
    """A node on its way into the catalog. `at`: when its compiled SQL was, if it brings any."""

    node: ParsedNode
    entry_hash: UUID
    old: Known | None
    table_hash: UUID | None
    table: Mapping[str, Any] | None
    at: datetime
    overrides: Mapping[str, Any]

    @property
    def unique_id(self) -> str:
        """Of the node."""
        return self.node.unique_id

    @cached_property
    def compiled(self) -> tuple[UUID | None, UUID | None, datetime | None]:
        """Hash of the compiled SQL, of the source it came from, and when it was.

        Where the manifest brings none (`dbt parse`, `dbt test`), that of a fuller one stays.
        """
        new, old = self.node.compiled_hash, self.old
        if old is not None and (
            new is None or (new == old.compiled_hash and old.compiled_from == self.node.raw_hash)
        ):
            return old.compiled_hash, old.compiled_from, old.compiled_at
        return (None, None, None) if new is None else (new, self.node.raw_hash, self.at)

    @property
    def is_same(self) -> bool:
        """Whether the catalog says all of this already."""
        old = self.old
        return (
            old is not None
            and old.content_hash == self.node.content_hash
            and old.compiled_hash == self.compiled[0]
            and old.compiled_from == self.compiled[1]
            and old.table_hash == self.table_hash
        )

    @property
    def is_changed(self) -> bool:
        """Whether the project says something else of it than before."""
        return self.old is not None and self.old.content_hash != self.node.content_hash

    @property
    def has_new_shape(self) -> bool:
        """Whether what it reads or hangs on is not what it was."""
        facts = self.node.facts
        return (
            self.old is None
            or list(self.old.parents) != list(facts["parents"])
            or self.old.attached_node != facts["attached_node"]
        )

    @property
    def no_longer_about(self) -> Sequence[str]:
        """The nodes that a test was about, where it may be about others now."""
        old = self.old
        if old is None or self.node.facts["resource_type"] not in TEST_TYPES or not self.has_new_shape:
            return ()
        return old.parents if old.attached_node is None else (old.attached_node,)

    @cached_property
    def columns(self) -> Sequence[Column]:
        """Declared and reported ones."""
        return merge(self.node.columns, self.table)

    @cached_property
    def shown(self) -> Mapping[str, Any]:
        """The facts, with what people say of the node here instead of what the project says."""
        return {
            **self.node.facts,
            **{key: self.overrides[key] for key in OVERRIDDEN if key in self.overrides},
        }

    @cached_property
    def _made_of(self) -> tuple[Any, ...]:
        """By MADE_OF."""
        documented = sum(1 for column in self.columns if column.description)
        node = self.node
        hashes = (node.content_hash, node.raw_hash, *self.compiled, self.table_hash)
        return len(self.columns), documented, *hashes

    def node_row(self, node_id: int, environment_id: int) -> tuple[Any, ...]:
        """For `nodes`, by NODE_COLUMNS."""
        facts, node = self.shown, self.node
        return (
            node_id,
            environment_id,
            node.unique_id,
            *(facts[name] for name in FACTS),
            *self._made_of,
            self.entry_hash,
        )

    def version_row(self, environment_id: int, snapshot_id: int) -> tuple[Any, ...]:
        """For `node_versions`, by VERSION_COLUMNS."""
        return (environment_id, self.unique_id, snapshot_id, *self._made_of)

    def content_row(self, workspace_id: int) -> tuple[Any, ...]:
        """For `node_contents`."""
        node = self.node
        return (
            workspace_id,
            node.content_hash,
            as_json(node.facts),
            as_json(node.body),
            as_json(node.columns),
        )

    def texts(self) -> list[tuple[UUID, str]]:
        """For `code_texts`: hash and text."""
        node = self.node
        pairs = ((node.raw_hash, node.raw_code), (node.compiled_hash, node.compiled_code))
        return [(key, text) for key, text in pairs if key is not None and text is not None]
