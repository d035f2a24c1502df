"""The stories of a run in Chromium: it fails, is mended and retried; and one that waits says for what."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Stack

MODEL = "model.tiny.customers"
CHILD = "model.tiny.big_spenders"
BROKEN = "select no_such_column from {{ ref('orders') }}"
GOOD = {"success", "pass"}
DBT_MILLISECONDS = 120_000
SLOW_SECONDS = 3


@pytest.fixture
def customers(stack: Stack) -> Iterator[Path]:
    """The file of a model that the test may break."""
    file = stack.folder / "tiny" / "models" / "customers.sql"
    before = file.read_text()
    yield file
    file.write_text(before)


def run_opened(page: Page, *, after: str = "") -> str:
    """The id of the run whose page has come, which is not that of the run `after`."""
    other = f"(?!{after})" if after else ""
    expect(page).to_have_url(re.compile(rf"/runs/{other}[0-9a-f-]{{36}}"))
    found = re.search(r"/runs/([0-9a-f-]{36})", page.url)
    assert found
    # The page of the run before stands until that of the new one is there.
    expect(page.get_by_role("navigation", name="Breadcrumb")).to_contain_text(found[1][:8])
    return found[1]


def head(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def log_line(page: Page, pattern: str) -> Locator:
    return page.get_by_text(re.compile(pattern)).first


def rows(page: Page) -> Locator:
    return page.get_by_role("table", name="Nodes").locator("tbody tr")


def build_it(page: Page) -> str:
    """Ask for a build by the dialog, from the list of runs."""
    page.goto("/w/tiny/runs")
    page.get_by_role("button", name="New run").click()
    dialog = page.get_by_role("dialog", name="New run")
    dialog.get_by_role("button", name="Start run").click()
    return run_opened(page)


def test_a_run_fails_says_of_what_and_only_that_is_retried(page: Page, stack: Stack, customers: Path) -> None:
    whole = customers.read_text()
    customers.write_text(f"{{{{ wait({SLOW_SECONDS}) }}}} {whole}")
    built = build_it(page)
    log_line(page, r"START .*customers").wait_for(timeout=DBT_MILLISECONDS)
    # Lines are there while dbt still runs.
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(head(page)).to_contain_text("Running")
    log_line(page, r"OK created .*big_spenders").wait_for()
    expect(head(page)).to_contain_text("Succeeded", timeout=DBT_MILLISECONDS)

    customers.write_text(BROKEN)
    page.get_by_role("link", name="Run again").click()
    dialog = page.get_by_role("dialog", name="New run")
    dialog.get_by_role("button", name="Start run").click()
    failed = run_opened(page, after=built)
    expect(head(page)).to_contain_text("Failed", timeout=DBT_MILLISECONDS)

    causes = page.get_by_role("region", name="Causes")
    expect(causes).to_contain_text("1 node failed, and 3 skipped")
    expect(causes.get_by_role("button", name="customers", exact=True)).to_be_visible()
    expect(causes).to_contain_text("no_such_column")
    causes.get_by_text("3 skipped because of it").click()
    expect(causes.get_by_text(CHILD)).to_be_visible()
    expect(rows(page).filter(has_text="customers").filter(has_text="Error")).to_have_count(1)
    expect(rows(page).filter(has_text="big_spenders").filter(has_text="Skipped")).to_have_count(1)

    customers.write_text(whole)
    page.get_by_role("button", name="Retry what failed").click()
    retried = run_opened(page, after=failed)
    expect(head(page)).to_contain_text("Succeeded", timeout=DBT_MILLISECONDS)
    expect(page.get_by_role("link", name=failed[:8])).to_be_visible()
    expect(rows(page)).to_have_count(4)
    expect(rows(page).filter(has_text="big_spenders").filter(has_text="Succeeded")).to_have_count(1)
    nodes = stack.get(f"/tiny/runs/{retried}/nodes")["items"]
    bad = [node for node in stack.get(f"/tiny/runs/{failed}/nodes")["items"] if node["status"] not in GOOD]
    assert {node["unique_id"] for node in nodes} == {node["unique_id"] for node in bad}
    assert {MODEL, CHILD} < {node["unique_id"] for node in nodes}
    assert {node["status"] for node in nodes} == GOOD


def test_a_second_run_waits_for_the_warehouse_and_says_so(page: Page, stack: Stack) -> None:
    busy = {"command": "run-operation", "options": {"macro": "wait", "args": {"seconds": 200}}}
    first = stack.start("tiny", busy)
    second = stack.start("tiny", {"command": "build"})
    page.goto("/w/tiny/runs")
    page.get_by_role("navigation", name="Views of the runs").get_by_role("link", name="Queue").click()
    expect(page).to_have_url(re.compile("view=queue"))
    row = page.get_by_role("list", name="Queue").get_by_role("listitem")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("The warehouse is busy")
    expect(row.get_by_role("link", name=first[:8])).to_be_visible()
    row.get_by_role("link", name="dbt build").click()
    assert run_opened(page) == second
    expect(page.get_by_text("The warehouse is busy")).to_be_visible()

    page.get_by_role("main").get_by_role("link", name=first[:8]).click()
    assert run_opened(page, after=second) == first
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    expect(head(page)).to_contain_text("Cancelled", timeout=DBT_MILLISECONDS)
    page.goto(f"/w/tiny/runs/{second}")
    expect(head(page)).to_contain_text("Succeeded", timeout=DBT_MILLISECONDS)
    expect(page.get_by_text("The warehouse is busy")).to_have_count(0)
