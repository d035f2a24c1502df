"""Environments: profiles, following the repository, making, changing, deleting."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from core.audit.models import AuditLog
from core.auth.actor import local_admin
from core.environments import editing
from core.environments import service as environments
from core.environments.editing import Repository
from core.environments.models import Environment
from core.environments.profiles import check_profile, profiles_file, references_of
from core.environments.service import Target
from core.kit.errors import Conflict, Invalid, NotFound, WorkbenchError
from core.workspaces.models import Workspace
from tests.core.building import Shop, model, open_shop

ADMIN = local_admin()
REPOSITORY = Repository(
    [Target("dev", "duckdb", is_default=True), Target("prod", "duckdb", is_default=False)]
)
DUCKDB = "type: duckdb\npath: ':memory:'\n"


def create(shop: Shop, **values: Any) -> Environment:
    with shop.db.session() as session:
        return editing.create(
            session, ADMIN, session.get_one(Workspace, shop.workspace_id), values, REPOSITORY
        )


def change(shop: Shop, key: str, **values: Any) -> Environment:
    with shop.db.session() as session:
        environment = editing.get(session, shop.workspace_id, key)
        workspace = session.get_one(Workspace, shop.workspace_id)
        editing.change(session, ADMIN, workspace, environment, values, REPOSITORY)
        return environment


def delete(shop: Shop, key: str) -> None:
    with shop.db.session() as session:
        environment = editing.get(session, shop.workspace_id, key)
        workspace = session.get_one(Workspace, shop.workspace_id)
        editing.delete(session, ADMIN, workspace, environment, REPOSITORY)


def sync(shop: Shop, *targets: Target) -> dict[str, Environment]:
    with shop.db.session() as session:
        environments.sync_targets(session, shop.workspace_id, targets)
        found = environments.environments_of(session, [shop.workspace_id])[shop.workspace_id]
        return {one.key: one for one in found}


def audited(shop: Shop) -> list[AuditLog]:
    with shop.db.session() as session:
        query = sa.select(AuditLog).where(AuditLog.tag.startswith("environment.")).order_by(AuditLog.id)
        return list(session.scalars(query))


def said(error: pytest.ExceptionInfo[WorkbenchError]) -> dict[str, str]:
    return {detail.field: detail.message for detail in error.value.details}


# Profiles that are kept here


def test_a_profile_is_kept_without_comments_and_names_its_adapter() -> None:
    text = "# password: hunter22\ntype: postgres\nhost: db\npassword: \"{{ env_var('PG') }}\"\nport: 5432\n"
    kept, adapter = check_profile(text)
    assert adapter == "postgres"
    assert "hunter22" not in kept
    assert yaml.safe_load(kept) == {
        "type": "postgres",
        "host": "db",
        "password": "{{ env_var('PG') }}",
        "port": 5432,
    }
    assert "password: \"{{ env_var('PG') }}\"" in kept
    assert references_of(kept) == ["PG"]


@pytest.mark.parametrize(
    "line",
    [
        "password: hunter22",
        "pass: 12345678",
        "token: abc-hunter22",
        "private_key: hunter22",
        "private_key_passphrase: hunter22",
        "client_secret: hunter22",
        "aws_secret_access_key: hunter22",
        "api_key: hunter22",
        "keyfile_json: hunter22",
        "keyfile_json: {private_key: hunter22}",
        "secrets: [{type: s3, secret: hunter22}]",
        "password: \"{{ env_var('PG', 'hunter22') }}\"",
        "password: \"hunter22{{ env_var('PG') }}\"",
        "path: md:shop?motherduck_token=hunter22",
        "host: postgres://ann:hunter22@db/x",
        "extra: '-----BEGIN PRIVATE KEY-----'",
        "oauth_credentials: {value: hunter22, token: hunter22}",
    ],
)
def test_a_secret_in_plain_text_is_refused_and_not_repeated(line: str) -> None:
    with pytest.raises(Invalid) as error:
        check_profile(f"type: postgres\n{line}\n")
    assert "env_var('NAME')" in said(error)["profile_yaml"]
    assert "hunter22" not in f"{error.value} {error.value.hint} {error.value.details}"


@pytest.mark.parametrize(
    "line",
    [
        "password: \"{{ env_var('PG') }}\"",
        "password: \"{{env_var('PG') | as_text}}\"",
        "password: ''",
        "private_key_path: /keys/rsa.p8",
        "keyfile: /keys/account.json",
        "token_uri: https://oauth2.example/token",
        "private_key_id: abc",
        "use_token: true",
        "keyfile_json: {type: service_account, private_key: \"{{ env_var('K') }}\"}",
        "host: \"postgres://ann:{{ env_var('PG') }}@db/x\"",
    ],
)
def test_what_is_no_secret_in_plain_text_is_kept(line: str) -> None:
    check_profile(f"type: postgres\n{line}\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must be a mapping"),
        ("- a", "must be a mapping"),
        ("1: a", "must be a mapping"),
        ("host: db", "needs `type`"),
        ("type: Bad Name", "needs `type`"),
        ("type: [", "is not valid YAML in line"),
        ("type: a\nx: &a [1]\ny: *a", "takes no aliases"),
        ("outputs: {dev: {type: duckdb}}", "takes one output only"),
        ("shop: {outputs: {dev: {type: duckdb}}}", "takes one output only"),
        ("type: a\nx: " + "y" * 20_001, "must be at most"),
        ("a: !!python/object:os.system x", "is not valid YAML"),
    ],
)
def test_what_is_no_output_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Invalid) as error:
        check_profile(text)
    assert said(error)["profile_yaml"].startswith(reason)


def test_broken_yaml_is_not_quoted() -> None:
    with pytest.raises(Invalid) as error:
        check_profile("type: postgres\npassword: 'hunter22\n")
    assert "hunter22" not in f"{error.value} {error.value.details}"


def test_the_file_has_the_one_target() -> None:
    content = yaml.safe_load(profiles_file("shop", "staging", DUCKDB))
    expected = {"type": "duckdb", "path": ":memory:"}
    assert content == {"shop": {"target": "staging", "outputs": {"staging": expected}}}


# Following the repository


def test_a_target_that_goes_takes_nothing_along_and_one_that_comes_back_is_the_same(shop: Shop) -> None:
    before = sync(shop, *REPOSITORY.targets)
    gone = sync(shop, REPOSITORY.targets[0])
    assert not gone["prod"].is_runnable
    assert gone["prod"].id == before["prod"].id
    assert sync(shop, *REPOSITORY.targets)["prod"].is_runnable


def test_one_with_its_own_profile_is_not_gone(shop: Shop) -> None:
    create(shop, key="staging", profile_yaml=DUCKDB)
    found = sync(shop, REPOSITORY.targets[0])["staging"]
    assert (found.in_profile, found.is_runnable, found.adapter_type) == (False, True, "duckdb")
    postgres = Target("staging", "postgres", is_default=False)
    assert sync(shop, postgres, REPOSITORY.targets[0])["staging"].adapter_type == "duckdb"


def test_one_that_was_made_follows_the_target_it_chose(shop: Shop) -> None:
    create(shop, key="nightly", dbt_target="prod")
    found = sync(shop, REPOSITORY.targets[0])["nightly"]
    assert not found.is_runnable
    assert (
        sync(shop, REPOSITORY.targets[0], Target("prod", "postgres", is_default=False))[
            "nightly"
        ].adapter_type
        == "postgres"
    )


def test_without_a_profile_in_the_repository_the_one_kept_here_is_the_default(shop: Shop) -> None:
    create(shop, key="staging", profile_yaml=DUCKDB)
    found = sync(shop)
    assert [key for key, one in found.items() if one.is_default] == ["staging"]
    with shop.db.session() as session:
        assert environments.has_own_profile(session, shop.workspace_id)


def test_nothing_runs_in_one_that_is_archived(shop: Shop) -> None:
    change(shop, "prod", archived=True)
    with shop.db.session() as session, pytest.raises(Invalid, match="is archived") as error:
        environments.pick_runnable(session, shop.workspace_id, "prod")
    assert list(said(error)) == ["environment"]
    assert not sync(shop, *REPOSITORY.targets)["prod"].is_runnable
    change(shop, "prod", archived=False)
    with shop.db.session() as session:
        assert environments.pick_runnable(session, shop.workspace_id, "prod").key == "prod"


# Making, changing, deleting


def test_what_is_made_is_what_was_asked_for_and_is_audited(shop: Shop) -> None:
    made = create(
        shop,
        key="ci",
        name="Checks",
        description="Of each branch.",
        dbt_target="prod",
        threads=8,
        retention_days=7,
        defer_to="prod",
    )
    assert (made.name, made.dbt_target, made.threads, made.retention_days) == ("Checks", "prod", 8, 7)
    assert (made.is_runnable, made.is_default, made.adapter_type) == (True, False, "duckdb")
    (row,) = audited(shop)
    assert (row.tag, row.subject) == ("environment.added", "ci")
    assert (row.after or {})["defer_to"] == "prod"


def test_a_change_is_audited_with_what_differs_only(shop: Shop) -> None:
    change(shop, "dev", threads=2, description="")
    change(shop, "dev", threads=2)
    change(shop, "dev", threads=None)
    rows = audited(shop)
    assert [(row.before, row.after) for row in rows] == [
        ({"threads": None}, {"threads": 2}),
        ({"threads": 2}, {"threads": None}),
    ]


def test_a_profile_of_ones_own_can_be_given_up_again(shop: Shop) -> None:
    assert change(shop, "dev", profile_yaml="type: postgres").adapter_type == "postgres"
    assert change(shop, "dev", profile_yaml=None).adapter_type == "duckdb"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"dbt_target": "moon"}, "dbt_target"),
        ({"dbt_target": "a b"}, "dbt_target"),
        ({"name": "  "}, "name"),
        ({"threads": 0}, "threads"),
        ({"threads": 257}, "threads"),
        ({"retention_days": 0}, "retention_days"),
        ({"defer_to": "dev"}, "defer_to"),
        ({"defer_to": "moon"}, "defer_to"),
        ({"profile_yaml": "x"}, "profile_yaml"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_changes(shop: Shop, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as error:
        change(shop, "dev", description="new", **values)
    assert list(said(error)) == [field]
    with shop.db.session() as session:
        assert editing.get(session, shop.workspace_id, "dev").description == ""
    assert audited(shop) == []


@pytest.mark.parametrize("key", ["", "-a", "a b", "a/b", "ä", "x" * 101, "a\n"])
def test_a_key_is_plain(shop: Shop, key: str) -> None:
    with pytest.raises(Invalid) as error:
        create(shop, key=key, profile_yaml=DUCKDB)
    assert list(said(error)) == ["key"]


def test_a_key_is_taken_once_per_workspace(shop: Shop) -> None:
    other = open_shop(shop.db, shop.folder, "other")
    create(shop, key="staging", profile_yaml=DUCKDB)
    with pytest.raises(Conflict) as error:
        create(shop, key="staging", profile_yaml=DUCKDB)
    assert list(said(error)) == ["key"]
    create(other, key="staging", profile_yaml=DUCKDB)


def test_an_environment_of_another_workspace_is_none_to_defer_to_or_to_find(shop: Shop) -> None:
    other = open_shop(shop.db, shop.folder, "other")
    create(other, key="theirs", profile_yaml=DUCKDB)
    with pytest.raises(Invalid):
        change(shop, "dev", defer_to="theirs")
    with shop.db.session() as session, pytest.raises(NotFound):
        editing.get(session, shop.workspace_id, "theirs")


def test_what_was_never_used_can_be_deleted(shop: Shop) -> None:
    create(shop, key="staging", profile_yaml=DUCKDB)
    change(shop, "prod", defer_to="staging")
    delete(shop, "staging")
    with shop.db.session() as session:
        assert editing.get(session, shop.workspace_id, "prod").defer_to_id is None
    assert audited(shop)[-1].tag == "environment.deleted"


def test_what_has_a_history_is_not_deleted(shop: Shop) -> None:
    made = create(shop, key="staging", profile_yaml=DUCKDB)
    Shop(shop.db, shop.folder, shop.workspace_id, made.id).know(model("orders"))
    with pytest.raises(Conflict, match="a catalog") as error:
        delete(shop, "staging")
    assert "Archive it instead" in (error.value.hint or "")


@pytest.mark.parametrize(
    ("key", "reason"), [("prod", "would be there again"), ("dev", "would be there again")]
)
def test_a_target_of_the_repository_is_not_deleted(shop: Shop, key: str, reason: str) -> None:
    with pytest.raises(Conflict, match=reason):
        delete(shop, key)


def test_the_default_is_neither_deleted_nor_archived(shop: Shop) -> None:
    create(shop, key="staging", profile_yaml=DUCKDB)
    sync(shop)
    with pytest.raises(Conflict, match="the default environment"):
        delete(shop, "staging")
    with pytest.raises(Conflict, match="is the default environment"):
        change(shop, "staging", archived=True)


def test_changing_where_the_project_is_parsed_has_it_parsed_anew(shop: Shop, tmp_path: Path) -> None:
    with shop.db.session() as session:
        session.get_one(Workspace, shop.workspace_id).project_fingerprint = "seen"
    change(shop, "prod", profile_yaml=DUCKDB)
    assert shop.workspace().project_fingerprint == "seen"
    change(shop, "dev", profile_yaml=DUCKDB)
    assert shop.workspace().project_fingerprint is None
