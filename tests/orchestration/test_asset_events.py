"""What events of dbt tell Dagster of a node."""

from typing import Any

import pytest

from orchestration.defs.dbt.asset_events import facts_of, run_page

NODE = {"unique_id": "model.shop.a b", "node_status": "success"}


def facts(**data: Any) -> dict[str, Any]:
    raw = {"info": {"thread": "Thread-1"}, "data": {"node_info": NODE, **data}}
    return {name: value.value for name, value in facts_of(raw, run_page("shop", "r1")).items()}


def test_everything_that_an_event_tells_is_metadata() -> None:
    told = facts(status="SELECT 12", execution_time=1.5)
    assert told == {
        "unique_id": "model.shop.a b",
        "dbt/status": "success",
        "dbt/answer": "SELECT 12",
        "dbt/execution_seconds": 1.5,
        "dagster/row_count": 12,
        "dbt/thread": "Thread-1",
        "workbench/run": "/w/shop/runs/r1?node=model.shop.a%20b",
    }


@pytest.mark.parametrize(
    ("answer", "rows"),
    [("INSERT 0 7", 7), ("MERGE 3", 3), ("OK", None), ("SUCCESS 1", None), ("CREATE TABLE (2.0 rows)", None)],
)
def test_rows_are_told_only_where_the_answer_is_a_count_of_them(answer: str, rows: int | None) -> None:
    assert facts(status=answer).get("dagster/row_count") == rows


def test_an_event_that_holds_the_adapters_response_tells_more() -> None:
    response = {"rows_affected": 5, "bytes_processed": 2048}
    told = facts(run_result={"execution_time": 2, "message": "MERGE", "adapter_response": response})
    assert (told["dagster/row_count"], told["dbt/bytes_processed"]) == (5, 2048)
    assert (told["dbt/execution_seconds"], told["dbt/answer"]) == (2, "MERGE")


def test_what_is_not_told_is_left_out() -> None:
    raw = {"info": {}, "data": {"node_info": {"unique_id": "model.shop.a"}}}
    assert set(facts_of(raw, run_page("shop", "r1"))) == {"unique_id", "workbench/run"}
