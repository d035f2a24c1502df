"""The story of a column in Chromium: where it comes from, the SQL that made it, and what depends on it."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Stack, wait_for

NODE = "model.city_bikes.fct_daily_revenue"
COLUMN = f"/w/city_bikes/lineage?node={NODE}&column=ride_revenue"


@pytest.fixture
def traced(stack: Stack, demo_built: dict[str, Any]) -> Stack:
    """The demo project, once its columns are traced."""
    assert demo_built["status"] == "success"

    def is_current() -> bool:
        state = stack.get("/city_bikes/lineage/state")
        return bool(state["state"] == "done" and state["current"])

    wait_for(is_current, "the lineage of the demo project")
    return stack


def test_a_column_leads_to_the_sql_that_made_it_and_to_what_depends_on_it(page: Page, traced: Stack) -> None:
    page.goto(f"/w/city_bikes/catalog/{NODE}?tab=columns")
    row = page.get_by_role("row").filter(has_text="ride_revenue").first
    expect(row.get_by_text(re.compile("int_payment_movements.signed_amount"))).to_be_visible()
    row.get_by_role("link", name="Lineage").click()
    expect(page).to_have_url(re.compile("column=ride_revenue"))

    edge = page.get_by_label(re.compile("signed_amount of int_payment_movements to ride_revenue")).first
    edge.click(force=True)
    expect(page.get_by_role("heading", name="Edge")).to_be_visible()
    expect(page.get_by_text("aggregated over rows").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"sum\(")).first).to_be_visible()

    page.goto(COLUMN)
    page.get_by_role("button", name="Impact").click()
    expect(page.get_by_role("heading", name=re.compile("Impact"))).to_be_visible()
    expect(page.get_by_text("rpt_monthly_revenue").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("Impact"))).to_be_visible()


def test_influence_is_off_until_asked_for(page: Page, traced: Stack) -> None:
    page.goto(COLUMN)
    edges = page.locator(".react-flow__edge")
    graph = traced.get(f"/city_bikes/models/{NODE}/lineage", column="ride_revenue")
    values = len(graph["column_edges"])
    assert {edge["kind"] for edge in graph["column_edges"]} == {"value"}
    expect(edges).to_have_count(values)
    influence = page.get_by_label("Influence")
    expect(influence).not_to_be_checked()
    influence.click()
    expect(influence).to_be_checked()
    expect(page).to_have_url(re.compile("influence"))
    expect(edges.nth(values)).to_be_visible()


def test_the_whole_project_and_its_coverage_are_shown(page: Page, traced: Stack) -> None:
    page.goto("/w/city_bikes/lineage/graph")
    expect(page.get_by_text(re.compile(r"\d+ nodes, \d+ edges"))).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()
    page.goto("/w/city_bikes/lineage/coverage")
    expect(page.get_by_text("Columns whose origin is known")).to_be_visible()
    expect(page.get_by_text("fct_member_cohorts").first).to_be_visible()


def test_lineage_goes_out_as_csv_and_as_openlineage(traced: Stack) -> None:
    address = f"/api/workspaces/city_bikes/models/{NODE}/columns/ride_revenue/lineage"
    sheet = traced.client.get(address, params={"direction": "up", "format": "csv"})
    assert sheet.headers["content-type"].startswith("text/csv")
    assert "signed_amount" in sheet.text
    events = traced.client.get("/api/workspaces/city_bikes/lineage/openlineage").text.splitlines()
    facets = [json.loads(line)["dataset"]["facets"]["columnLineage"] for line in events]
    assert any("ride_revenue" in facet["fields"] for facet in facets)
