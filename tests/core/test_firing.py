"""What becomes of due times."""

from datetime import UTC, datetime, timedelta

from core.schedules.firing import (
    ALLOW,
    LOOK_BACK,
    MISSED,
    MISSED_AFTER,
    MOST_MISSED,
    RUN,
    SKIP,
    SKIPPED,
    Rule,
    decide,
    look_from,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def before(*minutes: int) -> list[datetime]:
    return [NOON - timedelta(minutes=minute) for minute in minutes]


def outcomes(minutes: list[int], rule: Rule, busy: str | None = None) -> list[str]:
    return [one.outcome for one in decide(before(*minutes), NOON, rule, busy)]


def test_all_that_is_young_runs_so_that_a_short_outage_loses_nothing() -> None:
    assert outcomes([4, 3, 2, 1, 0], Rule(ALLOW)) == [RUN] * 5


def test_what_was_due_longer_ago_was_missed_and_says_so() -> None:
    limit = MISSED_AFTER // timedelta(minutes=1)
    found = decide(before(limit + 2, limit + 1, limit), NOON, Rule(ALLOW), None)
    assert [one.outcome for one in found] == [MISSED, MISSED, RUN]
    assert found[0].reason == "Dagster did not tick at that time."


def test_as_many_of_the_newest_missed_are_made_up_for_as_the_trigger_wants() -> None:
    hours = [240, 180, 120, 60, 0]
    assert outcomes(hours, Rule(ALLOW, missed_limit=2)) == [MISSED, MISSED, RUN, RUN, RUN]
    assert outcomes(hours, Rule(ALLOW, missed_limit=10)) == [RUN] * 5
    assert outcomes([0], Rule(ALLOW, missed_limit=10)) == [RUN]


def test_with_the_rule_to_skip_one_runs_and_names_itself_to_the_others() -> None:
    found = decide(before(120, 60, 0), NOON, Rule(SKIP, missed_limit=2), None)
    assert [one.outcome for one in found] == [RUN, SKIPPED, SKIPPED]
    assert "2026-03-01T10:00" in (found[1].reason or "")


def test_a_run_that_is_not_over_is_named() -> None:
    (found,) = decide([NOON], NOON, Rule(SKIP), "Run 123 is not over")
    assert (found.outcome, found.reason) == (
        SKIPPED,
        "Run 123 is not over, and the job's overlap rule is to skip.",
    )
    assert outcomes([0], Rule(ALLOW), "Run 123 is not over") == [RUN]


def test_a_long_outage_of_a_busy_trigger_is_bounded_and_counted() -> None:
    minutes = list(range(1000, -1, -1))
    found = decide(before(*minutes), NOON, Rule(ALLOW), None)
    missed = [one for one in found if one.outcome == MISSED]
    assert len(missed) == MOST_MISSED
    assert missed[0].reason is not None
    assert f"{1001 - MOST_MISSED - 6} more before it were missed" in missed[0].reason
    assert [one.outcome for one in found[MOST_MISSED:]] == [RUN] * 6


def test_due_times_count_from_the_latest_of_what_is_known() -> None:
    hour = timedelta(hours=1)
    assert look_from(NOON, None, NOON - hour) == NOON - hour
    assert look_from(NOON, NOON - hour, NOON - 2 * hour) == NOON - hour
    assert look_from(NOON, NOON - timedelta(days=400), None) == NOON - LOOK_BACK
