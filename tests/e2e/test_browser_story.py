"""The story of the product in Chromium: see the project, press Run, watch the log, find the results."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Stack

FIRST_MODEL = "model.city_bikes.fct_trips"


def run_shown(page: Page) -> str:
    """The id of the run whose page is open."""
    expect(page).to_have_url(re.compile(r"/runs/[0-9a-f-]{36}"))
    found = re.search(r"/runs/([0-9a-f-]{36})", page.url)
    assert found
    return found[1]


def test_a_newcomer_sees_the_demo_runs_it_and_finds_the_results(
    page: Page, stack: Stack, demo_built: dict[str, Any]
) -> None:
    assert demo_built["status"] == "success", demo_built
    page.goto("/")
    expect(page).to_have_url(re.compile(r"/w/\w+"))
    page.goto("/w/city_bikes")
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    expect(page.get_by_text("trips_end_after_they_start")).to_be_visible()

    page.get_by_role("link", name="Catalog", exact=True).first.click()
    # The dashboard has links of that name too, and stands until the catalog is there.
    expect(page.get_by_role("heading", name="Catalog", exact=True)).to_be_visible()
    page.get_by_role("link", name="fct_trips", exact=True).click()
    expect(page).to_have_url(re.compile(re.escape(FIRST_MODEL)))
    expect(page.get_by_role("link", name=re.compile("int_trips_enriched"))).to_be_visible()

    page.goto("/w/city_bikes/runs")
    page.get_by_role("button", name="New run").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Select", exact=True).fill("fct_trips")
    dialog.get_by_role("button", name="Start run").click()
    run_id = run_shown(page)
    expect(page.get_by_text("fct_trips").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"OK created .*fct_trips")).first).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Succeeded").first).to_be_visible(timeout=60_000)

    stack.wait("city_bikes", run_id)
    page.goto(f"/w/city_bikes/catalog/{FIRST_MODEL}?tab=runs")
    expect(page.locator(f'a[href*="{run_id}"]').first).to_be_visible()
    assert stack.get(f"/city_bikes/models/{FIRST_MODEL}")["last_run_id"] == run_id


def test_lineage_opens_around_a_node_and_grows_on_demand(page: Page, demo_built: dict[str, Any]) -> None:
    page.goto(f"/w/city_bikes/lineage?node={FIRST_MODEL}")
    expect(page.get_by_role("button", name="int_trips_enriched Succeeded")).to_be_visible()
    shown = page.locator(".react-flow__node")
    before = shown.count()
    page.get_by_role(
        "button", name=re.compile(r"2 more.*parent|parent.*2 more|Show 2", re.IGNORECASE)
    ).first.click()
    expect(page).to_have_url(re.compile("int_trips_enriched"))
    expect(shown.nth(before)).to_be_visible()
    page.reload()
    expect(shown.nth(before)).to_be_visible()


def test_a_project_that_does_not_parse_says_why_on_its_page(page: Page, stack: Stack) -> None:
    state = stack.get("/broken")
    if state["state"] != "broken":
        (stack.folder / "broken" / "models" / "orders.sql").write_text(
            "select * from {{ ref('nobody_knows') }}"
        )
        stack.wait("broken", stack.start("broken", {"command": "parse"}))
    page.goto("/w/broken")
    expect(page.get_by_text(re.compile("nobody_knows")).first).to_be_visible()
    expect(page.get_by_role("button", name="Parse again")).to_be_visible()


def test_unknown_addresses_say_so(page: Page, demo_built: dict[str, Any]) -> None:
    for address in ("nowhere", "city_bikes/catalog/model.city_bikes.nope", "city_bikes/runs/nope"):
        page.goto(f"/w/{address}")
        said = page.get_by_text(re.compile("There is no|not found|is not in", re.IGNORECASE))
        expect(said.first).to_be_visible()


def test_links_lead_to_the_same_run_and_asset_in_dagsters_page(
    page: Page, demo_built: dict[str, Any]
) -> None:
    page.goto(f"/w/city_bikes/runs/{demo_built['run_id']}")
    link = page.get_by_role("link", name=re.compile("Dagster")).last
    expect(link).to_have_attribute("href", f"/dagster/runs/{demo_built['run_id']}")
    page.goto(f"/dagster/runs/{demo_built['run_id']}")
    expect(page.get_by_text(demo_built["run_id"][:8]).first).to_be_visible(timeout=60_000)
    page.goto("/dagster/assets/city_bikes/city_bikes/fct_trips")
    expect(page.get_by_text("fct_trips").first).to_be_visible(timeout=60_000)
