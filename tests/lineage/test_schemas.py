"""Schema files in the shapes that people write."""

from typing import Any

import pytest

from core.lineage.columns.schemas import NotASchema, relations_of

ORDERS = [("orders",), ("id", "amount")]
BELOW = [("db", "main", "orders"), ("id", "amount")]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"orders": {"id": "int", "amount": "int"}}, ORDERS),
        ({"orders": ["id", "amount"]}, ORDERS),
        ({"orders": [{"name": "id", "type": "int"}, {"name": "amount"}]}, ORDERS),
        ({"orders": {"columns": ["id", "amount"]}}, ORDERS),
        ({"orders": {"columns": {"id": "int", "amount": "int"}}}, ORDERS),
        ({"orders": {"id": {"type": "int"}, "amount": {"data_type": "int", "comment": "x"}}}, ORDERS),
        ({"tables": [{"name": "orders", "columns": ["id", "amount"]}]}, ORDERS),
        ([{"table": "orders", "columns": [{"name": "id"}, {"column_name": "amount"}]}], ORDERS),
        ({"db": {"main": {"orders": {"id": "int", "amount": "int"}}}}, BELOW),
        ({"db.main.orders": ["id", "amount"]}, BELOW),
        ({'"db"."main".orders': ["id", "amount"]}, BELOW),
        (
            [
                {"table_catalog": "db", "table_schema": "main", "table_name": "orders", "column_name": name}
                for name in ("id", "amount")
            ],
            BELOW,
        ),
    ],
)
def test_a_table_is_found(schema: Any, expected: list[tuple[str, ...]]) -> None:
    (found,) = relations_of(schema)
    assert [found.name, found.columns] == expected
    assert found.complete


def test_a_table_without_columns_is_open() -> None:
    assert not relations_of({"orders": None})[0].complete


@pytest.mark.parametrize("schema", ["orders", 3, {"orders": 3}, [3], [{"columns": ["id"]}]])
def test_what_is_no_schema_says_why(schema: Any) -> None:
    with pytest.raises(NotASchema):
        relations_of(schema)
