"""Variables and secrets: what may be set, how it is kept, what a dbt process gets, and how it is masked."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from core.audit.models import AuditLog
from core.auth.actor import local_admin
from core.environments import editing, variables
from core.environments.models import Environment, EnvironmentVariable
from core.environments.names import BASE_VARIABLES, RESERVED, why_refused
from core.environments.variables import Values
from core.kit import crypto
from core.kit.crypto import Cipher, Undecryptable
from core.kit.errors import Conflict, Invalid, NotFound
from core.kit.settings import Settings
from core.runs.dbt_process import dbt_process, remove_profile, write_profile
from core.runs.masking import Masker
from core.workspaces.models import Workspace
from deploy.local.admin import rotate_encryption
from tests.api.conftest import address_of
from tests.core.building import Shop

ADMIN = local_admin()
SECRET = 'p"ä\\ss/wörd 17'
ONE = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY="
TWO = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU="


def settings_of(folder: Path, **values: Any) -> Settings:
    return Settings.model_validate({"WORKBENCH_DATA": folder, **values})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


# Encryption


def test_a_key_is_made_once_and_for_this_user_only(settings: Settings) -> None:
    encrypted = Cipher(settings).encrypt(SECRET)
    path = crypto.key_file(settings.data_dir)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert SECRET not in encrypted
    assert Cipher(settings).decrypt(encrypted) == SECRET
    assert Cipher(settings).encrypt(SECRET) != encrypted


def test_after_a_rotation_old_secrets_are_read_and_new_ones_have_the_new_key(settings: Settings) -> None:
    cipher = Cipher(settings)
    old = cipher.encrypt(SECRET)
    before = crypto.key_file(settings.data_dir).read_text()
    crypto.add_key(settings)
    assert cipher.decrypt(old) == SECRET
    new = cipher.again(old)
    crypto.key_file(settings.data_dir).write_text(before)
    with pytest.raises(Undecryptable):
        Cipher(settings).decrypt(new)


def test_keys_of_the_settings_are_used_and_former_ones_are_read(tmp_path: Path) -> None:
    old = Cipher(settings_of(tmp_path, ENCRYPTION_KEY=ONE)).encrypt(SECRET)
    now = settings_of(tmp_path, ENCRYPTION_KEY=TWO, ENCRYPTION_PREVIOUS_KEYS=ONE)
    assert Cipher(now).decrypt(old) == SECRET
    with pytest.raises(Undecryptable) as error:
        Cipher(settings_of(tmp_path, ENCRYPTION_KEY=TWO)).decrypt(old)
    assert "ENCRYPTION_PREVIOUS_KEYS" in (error.value.hint or "")
    assert not crypto.key_file(tmp_path).exists()
    with pytest.raises(Conflict, match="ENCRYPTION_KEY"):
        crypto.add_key(now)


@pytest.mark.parametrize("key", ["short", "x" * 44, "a" * 43 + "=", ONE[:-4]])
def test_a_key_that_is_none_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="openssl rand -base64 32") as error:
        settings_of(tmp_path, ENCRYPTION_KEY=key)
    assert f"{key} " not in str(error.value.errors()[0]["msg"])  # type: ignore[attr-defined]


# Setting variables


def put(shop: Shop, name: str, value: str, *, secret: bool = False, environment: str = "dev") -> None:
    with shop.db.session() as session:
        workspace = session.get_one(Workspace, shop.workspace_id)
        found = editing.get(session, shop.workspace_id, environment)
        cipher = Cipher(settings_of(shop.folder)) if secret else None
        variables.put(session, ADMIN, workspace, found, name, value, cipher)


def values_of(shop: Shop) -> Values:
    with shop.db.session() as session:
        return variables.values_of(session, Cipher(settings_of(shop.folder)), shop.environment_id)


def test_a_secret_is_encrypted_in_its_row_and_in_no_audit_row(shop: Shop) -> None:
    put(shop, "TOKEN", SECRET, secret=True)
    put(shop, "REGION", "north")
    assert values_of(shop) == Values({"REGION": "north"}, {"TOKEN": SECRET})
    assert SECRET not in repr(values_of(shop))
    with shop.db.session() as session:
        rows = list(session.scalars(sa.select(EnvironmentVariable)))
        audited = list(session.scalars(sa.select(AuditLog).where(AuditLog.tag.startswith("environment."))))
    assert {row.name: row.value for row in rows} == {"TOKEN": None, "REGION": "north"}
    kept = repr([(row.before, row.after, row.data, row.subject) for row in audited])
    assert "dev/TOKEN" in kept
    assert not any(text in kept for text in (SECRET, "north", "wörd"))


def test_a_secret_is_replaced_and_can_become_a_variable(shop: Shop) -> None:
    put(shop, "TOKEN", SECRET, secret=True)
    put(shop, "TOKEN", "another-17", secret=True)
    assert values_of(shop).secrets == {"TOKEN": "another-17"}
    put(shop, "TOKEN", "plain now")
    assert values_of(shop) == Values({"TOKEN": "plain now"}, {})


def test_what_is_removed_is_gone_and_only_once(shop: Shop) -> None:
    put(shop, "TOKEN", SECRET, secret=True)
    with shop.db.session() as session:
        workspace = session.get_one(Workspace, shop.workspace_id)
        environment = editing.get(session, shop.workspace_id, "dev")
        variables.remove(session, ADMIN, workspace, environment, "TOKEN")
        with pytest.raises(NotFound):
            variables.remove(session, ADMIN, workspace, environment, "TOKEN")
    assert values_of(shop) == Values({}, {})


@pytest.mark.parametrize(
    "name",
    [
        *sorted(RESERVED),
        *(name.replace("DBT_", "DBT_ENGINE_", 1) for name in sorted(RESERVED)),
        *sorted(BASE_VARIABLES - {"TZ", "LANG", "LANGUAGE"}),
        *("LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONSTARTUP", "PythonHome", "path", "BASH_ENV"),
        *("GIT_SSH_COMMAND", "WORKBENCH_DATA", "DAGSTER_HOME", "dbt_target"),
        *("", "1A", "A-B", "A B", "A=B", "Ä", "A\n", "x" * 201),
    ],
)
def test_names_that_nobody_may_set(name: str) -> None:
    assert why_refused(name)


@pytest.mark.parametrize(
    "name",
    ["REGION", "_x", "DBT_ENV_SECRET_GIT", "DBT_FAIL_FAST", "TZ", "GIT_TOKEN", "DATABASE_URL", "LC_ALL"],
)
def test_names_that_may_be_set(name: str) -> None:
    assert why_refused(name) is None


@pytest.mark.parametrize(
    "value", ["", "abc", "  ab  ", "12345", "True", "info", "success", "'prod'", "a\0bcdef"]
)
def test_a_secret_that_cannot_be_masked_is_refused_and_not_repeated(shop: Shop, value: str) -> None:
    with pytest.raises(Invalid) as error:
        put(shop, "TOKEN", value, secret=True)
    assert [detail.field for detail in error.value.details] == ["value"]


def test_the_same_text_may_be_a_variable(shop: Shop) -> None:
    put(shop, "MODE", "")
    put(shop, "STAGE", "prod")
    assert values_of(shop).plain == {"MODE": "", "STAGE": "prod"}


def test_there_are_not_endlessly_many(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables, "MOST_VARIABLES", 2)
    put(shop, "A", "1")
    put(shop, "B", "1")
    put(shop, "B", "2")
    with pytest.raises(Invalid, match="2 variables already"):
        put(shop, "C", "1")


def test_all_secrets_can_be_encrypted_anew(shop: Shop) -> None:
    put(shop, "TOKEN", SECRET, secret=True)
    settings = settings_of(shop.folder)
    crypto.add_key(settings)
    with shop.db.session() as session:
        assert variables.encrypt_anew(session, Cipher(settings)) == 1
    path = crypto.key_file(settings.data_dir)
    path.write_text(json.dumps(json.loads(path.read_text())[:1]))
    assert values_of(shop).secrets == {"TOKEN": SECRET}


def test_the_command_rotates_the_key_and_says_so_in_the_audit_log(shop: Shop) -> None:
    put(shop, "TOKEN", SECRET, secret=True)
    settings = settings_of(shop.folder, DATABASE_URL=address_of(shop))
    assert rotate_encryption(settings) == 1
    path = crypto.key_file(settings.data_dir)
    assert len(json.loads(path.read_text())) == 2
    path.write_text(json.dumps(json.loads(path.read_text())[:1]))
    assert values_of(shop).secrets == {"TOKEN": SECRET}
    given = settings.model_copy(update={"encryption_key": SecretStr(ONE)})
    with pytest.raises(Undecryptable):
        rotate_encryption(given)
    with shop.db.session() as session:
        (row,) = session.scalars(sa.select(AuditLog).where(AuditLog.tag == "keys.rotated"))
    assert (row.subject, row.data) == ("encryption", {"secrets": 1})


# The process


def process(settings: Settings, environment: Environment, *args: str, **values: dict[str, str]) -> Any:
    project = settings.data_dir / "project"
    project.mkdir(exist_ok=True)
    workspace = Workspace(project_dir=str(project), profiles_dir="/profiles")
    given = Values(values.get("plain", {}), values.get("secrets", {}))
    return dbt_process(settings, workspace, environment, args, settings.data_dir / "run" / "target", given)


def test_dbt_gets_its_variables_and_nothing_reserved(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCRYPTION_KEY", ONE)
    careless = settings_of(
        settings.data_dir, WORKBENCH_DBT_ENV="ENCRYPTION_KEY", DATABASE_URL="postgresql://x:y@z/w"
    )
    plain = {"REGION": "north", "DBT_TARGET_PATH": "/elsewhere", "DBT_ENGINE_LOG_FORMAT": "text"}
    made = process(careless, Environment(dbt_target="dev"), "build", plain=plain, secrets={"TOKEN": SECRET})
    assert (made.env["REGION"], made.env["TOKEN"]) == ("north", SECRET)
    assert made.env["DBT_TARGET_PATH"] == str(settings.data_dir / "run" / "target")
    assert not {"DBT_ENGINE_LOG_FORMAT", "ENCRYPTION_KEY", "DATABASE_URL"} & set(made.env)
    assert SECRET not in repr(made)
    assert SECRET not in " ".join(made.words)
    assert made.masker.mask_text(f"a {SECRET} b") == "a *** b"


def test_dbts_own_log_is_written_where_that_is_wanted_and_there_are_no_secrets(settings: Settings) -> None:
    wanted = {"DBT_LOG_LEVEL_FILE": "debug", "DBT_ENGINE_LOG_LEVEL_FILE": "debug"}
    kept = process(settings, Environment(dbt_target="dev"), "build", plain=wanted)
    assert kept.env.items() >= wanted.items()
    secret = process(
        settings, Environment(dbt_target="dev"), "build", plain=wanted, secrets={"TOKEN": SECRET}
    )
    assert {secret.env[name] for name in wanted} == {"none"}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["build"], ["build", "--threads", "7", "--target", "dev"]),
        (["docs", "generate"], ["docs", "generate", "--threads", "7", "--target", "dev"]),
        (["build", "--threads", "2"], ["build", "--threads", "2", "--target", "dev"]),
        (["ls"], ["ls", "--target", "dev"]),
        (["debug"], ["debug", "--target", "dev"]),
        (["deps"], ["deps"]),
    ],
)
def test_threads_of_the_environment_where_the_command_takes_them_and_says_none(
    settings: Settings, args: list[str], expected: list[str]
) -> None:
    assert process(settings, Environment(dbt_target="dev", threads=7), *args).words[1:] == expected


def test_a_kept_profile_is_private_named_like_the_projects_and_removed(settings: Settings) -> None:
    environment = Environment(dbt_target="dev", profile_yaml="type: duckdb\n")
    without = process(settings, environment, "build")
    assert without.words[-4:] == ["--profile", "workbench", "--target", "dev"]
    (settings.data_dir / "project" / "dbt_project.yml").write_text("profile: shop\n")
    made = process(settings, environment, "build")
    assert made.words[1:] == ["build", "--target", "dev"]
    write_profile(made)
    path = Path(made.env["DBT_PROFILES_DIR"]) / "profiles.yml"
    assert path.read_text().startswith("shop:")
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    remove_profile(made)
    assert not path.parent.exists()


def test_without_one_the_profiles_of_the_repository_are_never_touched(settings: Settings) -> None:
    made = process(settings, Environment(dbt_target="dev"), "build")
    assert (made.env["DBT_PROFILES_DIR"], made.profiles, made.is_in_house) == ("/profiles", None, True)
    write_profile(made)
    remove_profile(made)


# Masking

FORMS = [
    SECRET,
    json.dumps(SECRET),
    json.dumps(SECRET, ensure_ascii=False),
    json.dumps({"msg": json.dumps({"x": SECRET})}),
    repr(SECRET),
    "postgres://u:p%22%C3%A4%5Css%2Fw%C3%B6rd%2017@host",
    "p%22%C3%A4%5Css%2Fw%C3%B6rd+17",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_masked_however_it_is_spelled(form: str) -> None:
    masker = Masker([SECRET])
    for masked in (masker.mask(form.encode()).decode(), masker.mask_text(form)):
        assert "***" in masked
        assert "rd" not in masked


def test_a_masked_line_is_still_json() -> None:
    line = json.dumps({"info": {"msg": f"refused {SECRET}"}}).encode()
    assert json.loads(Masker([SECRET]).mask(line)) == {"info": {"msg": "refused ***"}}


def test_each_line_of_a_longer_secret_is_masked() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADAN\nabc\n"
    masker = Masker([key])
    assert masker.mask(b"said MIIEvQIBADAN") == b"said ***"
    assert masker.mask(json.dumps(key).encode()) == b'"***"'
    assert masker.mask(b"abc") == b"abc"


def test_a_secret_within_another_leaves_nothing_of_it() -> None:
    assert Masker(["hunter", "hunter22-long"]).mask(b"x hunter22-long hunter") == b"x *** ***"


def test_without_secrets_nothing_changes() -> None:
    masker = Masker([])
    assert not masker
    assert masker.mask(b"\xff anything") == b"\xff anything"


def test_files_are_cleaned_and_binary_ones_that_hold_a_secret_go(tmp_path: Path) -> None:
    (tmp_path / "compiled").mkdir()
    (tmp_path / "compiled" / "a.sql").write_text("select 'hunter22'")
    (tmp_path / "partial_parse.msgpack").write_bytes(b"\x81hunter22")
    (tmp_path / "graph.gpickle").write_bytes(b"\x80nothing")
    untouched = tmp_path / "manifest.json"
    untouched.write_text("{}")
    os.utime(untouched, (1, 1))
    Masker(["hunter22"]).clean_folder(tmp_path)
    assert (tmp_path / "compiled" / "a.sql").read_text() == "select '***'"
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"a.sql", "graph.gpickle", "manifest.json"}
    assert untouched.stat().st_mtime == 1
