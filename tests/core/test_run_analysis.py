"""What follows from the results of a run: critical path, root causes, differences, flaky nodes."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.analysis.causes import root_causes
from core.runs.analysis.comparing import compare
from core.runs.analysis.critical import Link, critical_path
from core.runs.analysis.flaky import Inputs, Outcome, Stored, flaky_pairs, inputs_of
from core.runs.analysis.values import Execution, reads_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CODE = UUID(int=1)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ran(
    name: str,
    start: float | None = None,
    end: float | None = None,
    *,
    thread: str | None = None,
    status: str = "success",
    step: int = 1,
    command: str = "build",
) -> Execution:
    return Execution(
        step=step,
        unique_id=name,
        resource_type=name.split(".", maxsplit=1)[0],
        status=status,
        started_at=None if start is None else at(start),
        finished_at=None if end is None else at(end),
        thread=thread,
        seconds=None if start is None or end is None else end - start,
        command=command,
    )


def names(path: Sequence[Link]) -> list[tuple[str, str | None]]:
    return [(link.execution.unique_id.split(".")[1], link.waited_for) for link in path]


def test_the_path_goes_through_the_parent_that_ended_last() -> None:
    edges = reads_of([("model.a", "model.c"), ("model.b", "model.c")])
    path = critical_path([ran("model.a", 0, 2), ran("model.b", 0, 5), ran("model.c", 6, 9)], edges)
    assert names(path) == [("b", None), ("c", "parent")]
    assert path[1].gap == 1


def test_a_node_may_have_waited_for_its_thread_only() -> None:
    path = critical_path(
        [
            ran("model.a", 0, 5, thread="1"),
            ran("model.b", 0, 1, thread="2"),
            ran("model.c", 5, 9, thread="1"),
        ],
        reads_of([("model.b", "model.c")]),
    )
    assert names(path) == [("a", None), ("c", "thread")]


def test_in_a_build_a_node_waits_for_the_tests_of_its_parents() -> None:
    edges = reads_of([("model.a", "test.t"), ("model.a", "model.b")])
    three = [ran("model.a", 0, 1), ran("test.t", 1, 4), ran("model.b", 4, 5)]
    assert names(critical_path(three, edges)) == [("a", None), ("t", "parent"), ("b", "test")]
    apart = [replace(one, command="run") for one in three]
    assert names(critical_path(apart, edges)) == [("a", None), ("b", "parent")]


def test_a_test_of_something_else_too_is_not_what_a_node_waited_for() -> None:
    edges = reads_of(
        [("model.a", "test.t"), ("model.z", "test.t"), ("model.a", "model.b"), ("model.z", "model.y")]
    )
    four = [ran("model.a", 0, 1), ran("model.z", 0, 1), ran("test.t", 1, 4), ran("model.b", 4, 5)]
    assert names(critical_path(four, edges)) == [("a", None), ("b", "parent")]
    edges["model.b"].append("model.z")
    assert names(critical_path(four, edges))[-2:] == [("t", "parent"), ("b", "test")]


def test_what_is_not_part_of_the_run_is_looked_through() -> None:
    edges = reads_of([("model.a", "model.ephemeral"), ("model.ephemeral", "model.b")])
    assert names(critical_path([ran("model.a", 0, 1), ran("model.b", 1, 2)], edges)) == [
        ("a", None),
        ("b", "parent"),
    ]


def test_what_was_skipped_took_no_time_though_dbt_gives_it_some() -> None:
    two = [ran("model.a", 0, 2, status="error"), ran("model.b", 1, 9, status="skipped")]
    assert names(critical_path(two, reads_of([("model.a", "model.b")]))) == [("a", None)]


def test_steps_follow_each_other() -> None:
    two = [ran("model.a", 0, 1), ran("model.b", 0, 3), ran("model.a", 4, 5, step=2)]
    assert names(critical_path(two, {})) == [("b", None), ("a", "step")]


def test_nothing_has_ended() -> None:
    assert critical_path([ran("model.a", 0), ran("model.b")], {}) == []


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[Execution], dict[str, list[str]]]:
    """Any executions, also those that no scheduler would make, on any acyclic or cyclic graph."""
    count = draw(st.integers(1, 12))
    kinds = draw(st.lists(st.sampled_from(["model", "test"]), min_size=count, max_size=count))
    ids = [f"{kind}.n{number}" for number, kind in enumerate(kinds)]
    moment = st.integers(0, 20)
    executions = [
        ran(
            unique_id,
            start := draw(moment),
            start + draw(moment),
            thread=draw(st.sampled_from([None, "1", "2"])),
            step=draw(st.integers(1, 2)),
            command=draw(st.sampled_from(["build", "run"])),
        )
        for unique_id in ids
    ]
    pair = st.tuples(st.sampled_from([*ids, "model.other"]), st.sampled_from([*ids, "model.other"]))
    return executions, reads_of(draw(st.lists(pair, max_size=25)))


@given(runs())
def test_nodes_of_the_path_do_not_overlap_and_fit_into_the_run(
    drawn: tuple[list[Execution], dict[str, list[str]]],
) -> None:
    executions, reads = drawn
    path = [link.execution for link in critical_path(executions, reads)]
    starts = [one.started_at or NOW for one in path]
    ends = [one.finished_at or NOW for one in path]
    assert len({one.key for one in path}) == len(path)
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    wall = max(one.finished_at or NOW for one in executions) - min(
        one.started_at or NOW for one in executions
    )
    assert sum((end - start for start, end in zip(starts, ends, strict=True)), timedelta()) <= wall
    assert ends[-1] == max(one.finished_at or NOW for one in executions)


@given(runs())
def test_causes_explain_only_what_was_skipped(
    drawn: tuple[list[Execution], dict[str, list[str]]],
) -> None:
    executions, reads = drawn
    marked = [
        Execution(one.step, one.unique_id, one.resource_type, ("error", "skipped", "success")[number % 3])
        for number, one in enumerate(executions)
    ]
    found = root_causes(marked, reads, ["model.other"])
    skipped = {one.unique_id for one in marked if one.status == "skipped"}
    explained = {name for cause in found.causes for name in cause.skipped}
    assert explained | set(found.unexplained) == skipped
    assert not explained & set(found.unexplained)


def test_one_failure_and_what_it_led_to() -> None:
    edges = reads_of(
        [
            ("model.a", "model.b"),
            ("model.b", "model.c"),
            ("model.c", "exposure.board"),
            ("model.z", "exposure.other"),
            ("model.a", "test.t"),
        ]
    )
    every = [
        ran("model.a", 0, 1, status="error"),
        ran("model.b", status="skipped"),
        ran("model.c", status="skipped"),
        ran("test.t", status="skipped"),
        ran("model.z", 0, 1),
    ]
    found = root_causes(every, edges, ["exposure.board", "exposure.other"])
    (cause,) = found.causes
    assert cause.skipped == ["model.b", "model.c", "test.t"]
    assert cause.exposures == ["exposure.board"]
    assert (found.failed_total, found.skipped_total, found.unexplained) == (1, 3, [])


@pytest.mark.parametrize(("command", "skipped"), [("build", ["model.b"]), ("test", [])])
def test_a_failed_test_stops_only_a_build(command: str, skipped: list[str]) -> None:
    edges = reads_of(
        [
            ("model.a", "test.t"),
            ("model.a", "model.b"),
            ("model.a", "exposure.raw"),
            ("model.b", "exposure.fine"),
        ]
    )
    every = [
        ran("model.a", 0, 1),
        ran("test.t", 1, 2, status="fail", command=command),
        ran("model.b", status="skipped"),
    ]
    found = root_causes(every, edges, ["exposure.raw", "exposure.fine"])
    assert found.causes[0].skipped == skipped
    # `raw` reads only what was built.
    assert found.causes[0].exposures == (["exposure.fine"] if skipped else [])
    assert found.unexplained == ([] if skipped else ["model.b"])


def test_what_was_skipped_without_a_failure_is_said_and_many_failures_are_counted() -> None:
    every = [ran(f"model.f{n:03}", n, n + 1, status="error") for n in range(60)]
    every += [ran("model.s", status="skipped"), ran("model.x", status="skipped")]
    found = root_causes(every, reads_of([("model.f007", "model.s")]), [])
    assert found.causes[0].execution.unique_id == "model.f007"
    assert (len(found.causes), found.failed_total, found.unexplained) == (50, 60, ["model.x"])


def took(name: str, seconds: float | None, status: str = "success") -> Execution:
    return Execution(1, f"model.{name}", "model", status, seconds=seconds)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (10, 12, "slower"),
        (10, 11.9, None),
        (1, 1.4, None),
        (1, 1.6, "slower"),
        (12, 10, "faster"),
        (1.6, 1, "faster"),
        (0, 0.5, "slower"),
        (None, 5, None),
    ],
)
def test_slower_and_faster_need_a_share_and_half_a_second(
    before: float | None, now: float, told: str | None
) -> None:
    found = compare([took("a", now)], [took("a", before)])
    assert [len(found.slower), len(found.faster), found.unchanged] == [
        int(told == "slower"),
        int(told == "faster"),
        int(told is None),
    ]


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("success", "error", "newly_failing"),
        ("skipped", "fail", "newly_failing"),
        (None, "error", "newly_failing"),
        ("error", "error", None),
        ("fail", "pass", "fixed"),
        ("error", "warn", "fixed"),
        ("error", "skipped", "left_out"),
        ("skipped", "success", "resumed"),
        ("skipped", "skipped", None),
        ("success", "unknown", None),
        ("success", "skipped", "left_out"),
        (None, "success", "added"),
        ("error", None, "removed"),
    ],
)
def test_each_change_of_status_is_told_once(before: str | None, now: str | None, told: str | None) -> None:
    found = compare(
        [took("a", 9, now)] if now else [],
        [took("a", 1, before)] if before else [],
    )
    lists = ("newly_failing", "fixed", "left_out", "resumed", "slower", "faster", "added", "removed")
    assert [name for name in lists if getattr(found, name)] == ([told] if told else [])


def test_what_changed_most_comes_first() -> None:
    found = compare([took("a", 5), took("b", 9)], [took("a", 1), took("b", 1)])
    assert [pair.now.unique_id for pair in found.slower if pair.now] == ["model.b", "model.a"]


def outcome(start: float, status: str, code: UUID | None = CODE) -> Outcome:
    return Outcome(f"run-{start}", 1, status, at(start), at(start + 1), code)


KNOWN = Inputs(frozenset({"model.a"}), knowable=True)


@pytest.mark.parametrize(
    ("second", "inputs", "ran_at", "flaky"),
    [
        (outcome(10, "fail"), KNOWN, [], True),
        (outcome(10, "fail"), KNOWN, [-5, 20], True),
        (outcome(10, "fail"), KNOWN, [5], False),
        (outcome(10, "fail"), KNOWN, [0], False),
        (outcome(10, "pass"), KNOWN, [], False),
        (outcome(10, "skipped"), KNOWN, [], False),
        (outcome(10, "fail", UUID(int=2)), KNOWN, [], False),
        (outcome(10, "fail", None), KNOWN, [], False),
        (outcome(10, "fail"), Inputs(frozenset(), knowable=False), [], False),
    ],
)
def test_flaky_is_another_outcome_of_the_same_code_on_the_same_data(
    second: Outcome,
    inputs: Inputs,
    ran_at: list[float],
    flaky: bool,  # noqa: FBT001
) -> None:
    found = flaky_pairs([second, outcome(0, "pass")], inputs, [at(moment) for moment in ran_at])
    assert bool(found) is flaky


def test_without_a_known_code_nothing_is_flaky() -> None:
    assert flaky_pairs([outcome(0, "pass", None), outcome(5, "fail", None)], KNOWN, []) == []


def test_inputs_are_looked_for_through_views_down_to_stored_data() -> None:
    nodes = {
        "model.view": Stored("model", "view"),
        "model.table": Stored("model", "table"),
        "model.refreshing": Stored("model", "materialized_view"),
        "source.s": Stored("source", None),
    }
    edges = reads_of(
        [
            ("model.view", "test.t"),
            ("model.table", "model.view"),
            ("source.s", "model.table"),
            ("source.s", "test.of_source"),
            ("model.refreshing", "test.of_refreshing"),
            ("model.gone", "test.of_gone"),
        ]
    )
    assert inputs_of("test.t", edges, nodes) == Inputs(
        frozenset({"model.view", "model.table"}), knowable=True
    )
    for unknowable in ("test.of_source", "test.of_refreshing", "test.of_gone"):
        assert not inputs_of(unknowable, edges, nodes).knowable


def test_ten_thousand_nodes_are_analysed_at_once() -> None:
    chance = random.Random(1)
    edges = [
        (f"model.{chance.randrange(max(0, n - 500), n)}", f"model.{n}")
        for n in range(1, 7000)
        for _ in range(3)
    ]
    edges += [(f"model.{chance.randrange(7000)}", f"test.{n}") for n in range(3000) for _ in (0, 1)]
    free = [0.0] * 8
    every: list[Execution] = []
    for name in [*(f"model.{n}" for n in range(7000)), *(f"test.{n}" for n in range(3000))]:
        lane = free.index(min(free))
        start, free[lane] = free[lane], free[lane] + chance.random()
        failed = "error" if name.endswith("77") else "skipped" if name.endswith("3") else "success"
        every.append(ran(name, start, free[lane], thread=f"Thread-{lane}", status=failed))
    began = time.perf_counter()
    reads = reads_of(edges)
    assert len(critical_path(every, reads)) > 100
    assert root_causes(every, reads, []).failed_total == 100
    assert compare(every, every).unchanged == 10_000
    assert flaky_pairs([outcome(n, "pass", uuid4()) for n in range(50)], KNOWN, []) == []
    # Not a measurement: an algorithm that is not linear would take minutes.
    assert time.perf_counter() - began < 20
