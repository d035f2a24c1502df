"""Why a run waits, by the rules by which Dagster takes runs up."""

from datetime import UTC, datetime, timedelta

from core.runs.ports import (
    PRIORITY_TAG,
    WAREHOUSE_TAG,
    WORKSPACE_TAG,
    EngineRun,
    Limits,
    Queue,
    RunStatus,
    TagLimit,
)
from core.runs.queue import LATE, NEXT, NOBODY, explain, limits_from

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
WAREHOUSE = TagLimit(WAREHOUSE_TAG, None, 1)
WORKSPACE = TagLimit(WORKSPACE_TAG, None, 2)


def a_run(run_id: str, age: float = 1, **tags: str) -> EngineRun:
    keys = {"warehouse": WAREHOUSE_TAG, "workspace": WORKSPACE_TAG, "priority": PRIORITY_TAG}
    named = {keys.get(name, name): value for name, value in tags.items()}
    return EngineRun(run_id, "job", RunStatus.QUEUED, NOW - timedelta(seconds=age), tags=named)


def told(
    waiting: list[EngineRun], active: list[EngineRun], limits: Limits, *, served: bool = True
) -> dict[str, str]:
    return {item.run.run_id: item.reason for item in explain(Queue(waiting, active, limits, served), NOW)}


def test_a_run_with_nothing_in_its_way_is_next() -> None:
    assert told([a_run("a")], [], Limits(10, [WAREHOUSE])) == {"a": NEXT}
    assert told([a_run("a")], [], Limits(None)) == {"a": NEXT}


def test_a_busy_warehouse_names_the_run_that_writes() -> None:
    active = [a_run("11112222-x", warehouse="shop/duckdb"), a_run("other", warehouse="bikes/duckdb")]
    (found,) = explain(Queue([a_run("a", warehouse="shop/duckdb")], active, Limits(10, [WAREHOUSE])), NOW)
    assert "busy with run 11112222" in found.reason
    assert [run.run_id for run in found.blockers] == ["11112222-x"]


def test_the_second_of_two_that_wait_for_a_free_warehouse_waits_for_the_first() -> None:
    waiting = [a_run("late", 1, warehouse="w"), a_run("early", 5, warehouse="w")]
    reasons = told(waiting, [], Limits(10, [WAREHOUSE]))
    assert list(reasons) == ["early", "late"]
    assert reasons["early"] == NEXT
    assert "the run before this one" in reasons["late"]


def test_one_that_is_held_back_does_not_hold_back_others() -> None:
    waiting = [a_run("held", 9, warehouse="w"), a_run("free", 1)]
    reasons = told(waiting, [a_run("writer", warehouse="w")], Limits(2, [WAREHOUSE]))
    assert reasons["free"] == NEXT


def test_priority_goes_before_age_and_nonsense_is_none() -> None:
    waiting = [a_run("old", 9), a_run("urgent", 1, priority="5"), a_run("odd", 8, priority="soon")]
    assert list(told(waiting, [], Limits(10))) == ["urgent", "old", "odd"]


def test_limits_of_all_runs_and_of_a_workspace() -> None:
    reasons = told([a_run("a"), a_run("b")], [a_run("x")], Limits(2))
    assert reasons["a"] == NEXT
    assert "1 runs go on" in reasons["b"]
    active = [a_run("x", workspace="w"), a_run("y", workspace="w")]
    assert (
        "2 runs of this workspace" in told([a_run("a", workspace="w")], active, Limits(10, [WORKSPACE]))["a"]
    )


def test_a_limit_of_one_value_is_about_no_other() -> None:
    limit = TagLimit("team", "red", 1)
    reasons = told(
        [a_run("a", team="blue"), a_run("b", team="red")], [a_run("x", team="red")], Limits(10, [limit])
    )
    assert reasons["a"] == NEXT
    assert "team" in reasons["b"]


def test_nothing_is_promised_that_nobody_keeps() -> None:
    assert told([a_run("a")], [], Limits(10), served=False) == {"a": NOBODY}
    assert told([a_run("a", 60)], [], Limits(10)) == {"a": LATE}


def test_limits_are_read_as_dagster_writes_them() -> None:
    per_value = "- {key: a, limit: 3, value: {applyLimitPerUniqueValue: true}}"
    text = f"{per_value}\n- {{key: b, limit: 1, value: red}}\n- {{key: c, limit: 2}}"
    found = limits_from(-1, text)
    assert found.most is None
    assert [(limit.key, limit.value, limit.limit) for limit in found.tags] == [
        ("a", None, 3),
        ("b", "red", 1),
        ("c", None, 2),
    ]
    assert limits_from(7, None) == Limits(7, [])
