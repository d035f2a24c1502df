"""Artifacts that arrive later than they were made change nothing that is newer."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from core.artifacts.models import RunArtifact
from core.artifacts.project_files import describe_project
from core.artifacts.projects import prepare
from core.catalog.models import Node, SourceFreshness
from core.catalog.node_view import view_node
from core.kit.settings import Settings
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace, WorkspaceState
from tests.core.building import Raw, Shop, catalog_file, manifest, model, source, sources_file


def made(at: str, *nodes: Raw) -> Raw:
    raw = manifest(*nodes)
    return {**raw, "metadata": {**raw["metadata"], "generated_at": f"2026-01-{at}T00:00:00.000000Z"}}


def names(shop: Shop) -> list[str]:
    with shop.db.session() as session:
        return sorted(session.scalars(sa.select(Node.name)))


def test_a_manifest_from_before_the_known_one_changes_nothing_and_is_kept_for_its_run(shop: Shop) -> None:
    shop.take("manifest.json", made("05", model("new")))
    record = shop.take("manifest.json", made("04", model("old")), run_id="slow")
    assert (record.outcome, names(shop)) == ("superseded", ["new"])
    with shop.db.session() as session:
        assert session.scalars(sa.select(RunArtifact.run_id)).all() == ["slow"]
    assert shop.take("manifest.json", made("06", model("newest"))).outcome == "ingested"
    assert names(shop) == ["newest"]


def test_a_manifest_from_before_the_project_broke_does_not_call_it_ready(shop: Shop) -> None:
    shop.take("manifest.json", made("05", model("a")))
    with shop.db.session() as session:
        workspaces.mark_broken(session.get_one(Workspace, shop.workspace_id), "does not parse")
    shop.take("manifest.json", made("06", model("a")))
    assert shop.workspace().state == WorkspaceState.BROKEN


@pytest.mark.parametrize("before", [(), (model("other"),)])
def test_a_catalog_that_comes_before_its_manifest_is_not_lost(shop: Shop, before: tuple[Raw, ...]) -> None:
    if before:
        shop.know(*before)
    shop.take("catalog.json", catalog_file(orders={"id": "INTEGER"}))
    shop.know(*before, model("orders"))
    with shop.db.session() as session:
        view = view_node(session, shop.reading, "model.shop.orders")
        assert ([column.data_type for column in view.columns], view.columns_known) == (
            ["INTEGER"],
            "complete",
        )


def test_of_two_answers_about_freshness_the_later_one_stands(shop: Shop) -> None:
    def said(status: str, day: int) -> dict[str, Any]:
        moment = datetime(2026, 1, day, tzinfo=UTC).isoformat()
        return {
            "unique_id": "source.shop.raw.orders",
            "status": status,
            "max_loaded_at": moment,
            "snapshotted_at": moment,
        }

    shop.know(source("orders"))
    shop.take("sources.json", sources_file(said("warn", 3)), run_id="b")
    shop.take("sources.json", sources_file(said("pass", 2)), run_id="a")
    with shop.db.session() as session:
        assert session.scalars(sa.select(SourceFreshness.status)).all() == ["warn"]


def test_a_folder_stays_the_workspace_it_is_when_its_name_cannot_be_read(
    shop: Shop, database_url: str
) -> None:
    folder = shop.folder / "a_folder"
    folder.mkdir()
    (folder / "dbt_project.yml").write_text("name: proper\nprofile: none\n")
    settings = Settings.model_validate({"DATABASE_URL": database_url, "WORKBENCH_DATA": shop.folder})
    first = {item.key for item in prepare(settings, [describe_project(folder)], lambda _: None)}
    (folder / "dbt_project.yml").write_text("name: [")
    again = {item.key for item in prepare(settings, [describe_project(folder)], lambda _: None)}
    assert first == again == {"proper", shop.key}
