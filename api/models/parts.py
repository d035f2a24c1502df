"""Parts of one node as JSON: its columns, its tests, and what its relation and its overrides say."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from core.catalog.models import Node, NodeOverride, NodeResult
from core.catalog.node_view import ColumnView


class ColumnTestOut(BaseModel):
    """A test about a column; `status` is null when it never ran."""

    unique_id: str
    name: str
    status: str | None


class ColumnOut(BaseModel):
    """A column. `known_from` is the best witness that it exists."""

    name: str
    data_type: str | None
    declared_type: str | None
    description: str
    comment: str | None
    known_from: Literal["catalog", "contract", "yaml"]
    tests: list[ColumnTestOut]
    tags: list[str]
    meta: dict[str, Any]
    constraints: list[dict[str, Any]]

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        """From the tables."""
        declared: Mapping[str, Any] = view.column.declared or {}
        config: Mapping[str, Any] = declared.get("config") or {}
        return cls(
            name=view.column.name,
            data_type=view.data_type,
            declared_type=view.column.declared_type,
            description=view.column.description,
            comment=(view.column.reported or {}).get("comment"),
            known_from=view.known_from,
            tests=[
                ColumnTestOut(
                    unique_id=test.unique_id,
                    name=test.test_kind or test.name,
                    status=result.status if result else None,
                )
                for test, result in view.tests
            ],
            tags=[str(tag) for tag in declared.get("tags") or config.get("tags") or []],
            meta=declared.get("meta") or config.get("meta") or {},
            constraints=declared.get("constraints") or [],
        )


class TestOut(BaseModel):
    """A test and its last result; null when it never ran.

    `failures_relation` names where the rows that failed are stored, if they are.
    """

    unique_id: str
    name: str
    kind: str
    column_name: str | None
    severity: str | None
    last_status: str | None
    last_message: str | None
    failures: int | None
    failures_relation: str | None
    last_run_id: str | None
    last_run_at: datetime | None

    @classmethod
    def of(cls, test: Node, result: NodeResult | None) -> Self:
        """From the tables."""
        return cls(
            unique_id=test.unique_id,
            name=test.name,
            kind=test.test_kind or "singular",
            column_name=test.column_name,
            severity=test.severity,
            last_status=result.status if result else None,
            last_message=result.message if result else None,
            failures=result.failures if result else None,
            failures_relation=result.failures_relation if result else None,
            last_run_id=result.run_id if result else None,
            last_run_at=result.at if result else None,
        )


class FreshnessOut(BaseModel):
    """The latest answer of `dbt source freshness`."""

    status: str
    max_loaded_at: datetime | None
    snapshotted_at: datetime | None
    age_seconds: float | None
    message: str | None
    run_id: str | None


class StatisticOut(BaseModel):
    """A figure that the adapter reported with the relation."""

    id: str
    label: str | None
    value: str | float | bool | None
    description: str | None

    @classmethod
    def of(cls, stat: Mapping[str, Any]) -> Self:
        """From what dbt wrote of the relation."""
        value = stat.get("value")
        shown = value if value is None or isinstance(value, str | int | float | bool) else str(value)
        return cls(
            id=str(stat["id"]), label=stat.get("label"), value=shown, description=stat.get("description")
        )


class TableMetadataOut(BaseModel):
    """The relation as the warehouse describes it."""

    type: str | None = None
    owner: str | None = None
    comment: str | None = None
    database: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    name: str | None = None


class SaidByProject(BaseModel):
    """What the project says, whatever people say here."""

    owner: str | None
    description: str
    tags: list[str]
    meta: dict[str, Any]


class OverrideOut(BaseModel):
    """What people say of a node instead of its project."""

    field: str
    value: Any
    changed_by: str
    changed_at: datetime

    @classmethod
    def of(cls, override: NodeOverride) -> Self:
        """From the table."""
        return cls.model_validate(override, from_attributes=True)
