"""The story of a job in Chromium: made here, ticked by Dagster, paused there and seen paused here."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Stack

NAME, KEY = "Every minute", "every_minute"
# Dagster loads the definitions anew, then waits for the next minute.
TICK_MILLISECONDS = 180_000
DAGSTER_MILLISECONDS = 60_000
EVENTS = '{ logsForRun(runId: "%s") { ... on EventConnection { events { __typename } } } }'


@pytest.fixture
def tidy(stack: Stack) -> Iterator[None]:
    """What ticks every minute does not go on beside the other tests."""
    yield
    stack.client.patch(f"/api/workspaces/tiny/jobs/{KEY}", json={"archived": True})


def make_the_job(page: Page) -> None:
    page.goto("/w/tiny/jobs")
    page.get_by_role("link", name="New job").first.click()
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_role("group", name="Add a trigger").get_by_role("button").first.click()
    expression = page.get_by_label("Cron expression")
    expression.fill("61 * * * *")
    expect(page.get_by_text("61 is not from 0 to 59")).to_be_visible()
    expression.fill("* * * * *")
    expect(page.get_by_text("Every minute", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Make the job").click()
    expect(page).to_have_url(re.compile(f"/w/tiny/jobs/{KEY}$"))


def test_a_job_is_made_fires_in_both_pages_and_is_paused_in_both(
    page: Page, stack: Stack, tidy: None
) -> None:
    make_the_job(page)
    job = stack.get(f"/tiny/jobs/{KEY}")
    (trigger,) = job["triggers"]

    # It fires: a run in our page, asked for by that trigger.
    bars = page.get_by_role("list", name=re.compile(f"Last .* of {NAME}"))
    expect(bars.get_by_role("link").first).to_be_visible(timeout=TICK_MILLISECONDS)
    expect(page.get_by_text("Live", exact=True).first).to_be_visible()
    runs = stack.get("/tiny/runs", job=KEY)["items"]
    run = stack.wait("tiny", runs[-1]["run_id"])
    assert run["status"] == "success", run
    assert (run["job"], run["schedule"]) == (KEY, trigger["dagster_name"])

    # Assets and checks in Dagster know of it as of any other run.
    told = stack.graphql(EVENTS % run["run_id"])["logsForRun"]["events"]
    kinds = [event["__typename"] for event in told]
    assert {"MaterializationEvent", "AssetCheckEvaluationEvent"} <= set(kinds), kinds

    # The same in Dagster's page, where it is paused.
    page.goto(trigger["dagster_path"])
    expect(page.get_by_text(trigger["dagster_name"]).first).to_be_visible(timeout=DAGSTER_MILLISECONDS)
    switch = page.get_by_role("checkbox").first
    expect(switch).to_be_checked(timeout=DAGSTER_MILLISECONDS)
    expect(page.get_by_text(run["run_id"][:8]).first).to_be_visible(timeout=DAGSTER_MILLISECONDS)
    # What is drawn as a switch lies beside the box itself.
    switch.press("Space")
    expect(switch).not_to_be_checked(timeout=DAGSTER_MILLISECONDS)

    # Our page says so, and takes it up again.
    page.goto(f"/w/tiny/jobs/{KEY}")
    expect(page.get_by_text("Paused", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Resume").first.click()
    expect(page.get_by_role("button", name="Pause").first).to_be_visible()
    assert stack.get(f"/tiny/jobs/{KEY}")["triggers"][0]["state"] == "live"
