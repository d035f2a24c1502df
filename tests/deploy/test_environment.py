from pathlib import Path
from typing import Any

import pytest

from core.kit.settings import Settings, known_variables, load_settings, variable_of
from deploy.local.environment import (
    COMPOSED,
    SECRETS,
    Addresses,
    api_environment,
    child_environment,
    embedded_addresses,
    forget_secrets,
    own_addresses,
    tables_environment,
)
from deploy.local.layout import DataFolder
from deploy.local.postgres import Access

URL = "postgresql://workbench_app:pw@/workbench?host=%2Fdata%2Fpostgres"
ACCESS = Access(
    "/data/postgres", {"demo": "demo-pw", "workbench_app": "pw", "workbench": "owner-pw", "postgres": "super"}
)
DATA = DataFolder(Path("/data"))
ADDRESSES = embedded_addresses(ACCESS, 4321)
# Every setting, each with a value of its own.
SETTINGS: dict[str, Any] = {
    "DATABASE_URL": "postgresql://app:app-pw@db.example/x",
    "DATABASE_OWNER_URL": "postgresql://owner:owner-pw@db.example/x",
    "WORKBENCH_DATA": "/data",
    "WORKBENCH_PORT": 9123,
    "WORKBENCH_DAGSTER_URL": "http://elsewhere",
    "WORKBENCH_CODE_SOCKET": "/elsewhere",
    "WORKBENCH_RUN_SOCKET": "/elsewhere/too",
    "WORKBENCH_HOST": "0.0.0.0",  # noqa: S104
    "WORKBENCH_OPEN_WITHOUT_LOGIN": True,
    "WORKBENCH_TRUSTED_PROXIES": "10.0.0.1",
    "WORKBENCH_CORS_ORIGINS": "https://tools.example.org",
    "WORKBENCH_REQUEST_SECONDS": 77,
    "AUTH_ENABLED": True,
    "JWT_SECRET_KEY": "signing-key-0123456789abcdefghijklmnopqrstuv",
    "JWT_PREVIOUS_SECRET_KEYS": "former-key-0123456789abcdefghijklmnopqrstuv",
    "JWT_ALGORITHM": "HS512",
    "ACCESS_TOKEN_EXPIRE_MINUTES": 31,
    "REFRESH_TOKEN_EXPIRE_MINUTES": 777,
    "PASSWORD_MIN_LENGTH": 14,
    "PASSWORD_REQUIRE_UPPERCASE": True,
    "PASSWORD_REQUIRE_LOWERCASE": True,
    "PASSWORD_REQUIRE_DIGIT": True,
    "PASSWORD_REQUIRE_SYMBOL": True,
    "LOGIN_ATTEMPTS_PER_ACCOUNT": 6,
    "LOGIN_ATTEMPTS_PER_ADDRESS": 66,
    "LOGIN_WINDOW_MINUTES": 16,
    "ADMIN_USERNAME": "root",
    "ADMIN_PASSWORD": "admin-secret",
    "TOKEN_MAX_DAYS": 99,
    "AUDIT_RETENTION_DAYS": 98,
    "SCHEDULER_DEFAULT_TIMEZONE": "Europe/Berlin",
    "WORKBENCH_LOG_LEVEL": "debug",
    "WORKBENCH_DBT_ENV": "AWS_PROFILE",
    "DBT_EXECUTABLES_ALLOWED": "/opt/dbt",
    "RUN_RETENTION_DAYS": 91,
    "MAX_CONCURRENT_RUNS": 13,
    "MAX_CONCURRENT_RUNS_PER_WORKSPACE": 12,
    "ENCRYPTION_KEY": "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
    "ENCRYPTION_PREVIOUS_KEYS": "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=",
    "ARTIFACT_UPLOAD_MAX_MB": 97,
    "ARTIFACT_UNPACKED_MAX_MB": 96,
    "ARTIFACT_POLLING_INTERVAL": 95,
    "ARTIFACT_DROP_URL": "s3://bucket/{workspace}",
    "ALLOW_METADATA_EDITS": False,
    "MAX_ARTIFACT_VERSIONS": 94,
    "ARTIFACT_RETENTION_DAYS": 93,
    "NOTIFICATIONS_BASE_URL": "https://dbt.example.org",
    "NOTIFICATIONS_SMTP_HOST": "mail.example.org",
    "NOTIFICATIONS_SMTP_PORT": 2525,
    "NOTIFICATIONS_SMTP_SECURITY": "ssl",
    "NOTIFICATIONS_SMTP_USER": "dbt",
    "NOTIFICATIONS_SMTP_PASSWORD": "mail-secret",
    "NOTIFICATIONS_SMTP_FROM": "dbt@example.org",
    "NOTIFICATIONS_TIMEOUT_SECONDS": 19,
    "NOTIFICATIONS_RETRY_SECONDS": 31,
    "NOTIFICATIONS_LOCAL_RECEIVERS": True,
    "NOTIFICATION_RETENTION_DAYS": 92,
}
OF_THE_API = ("signing-key", "former-key")
OF_THE_SUPERVISOR = ("owner-pw", "admin-secret", "super")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    users = {
        "HOME": "/home/me",
        "PATH": "/usr/bin",
        "LC_ALL": "C.UTF-8",
        "DBT_THING": "1",
        "AWS_PROFILE": "work",
        "AWS_SECRET_ACCESS_KEY": "leak",
        "PGPASSWORD": "leak",
        "PYTHONPATH": "/leak",
        "DAGSTER_HOME": "/leak",
        "DATABASE_URL": "postgresql://leak",
        "WORKBENCH_DBT_ENV": "AWS_PROFILE",
        "DBT_EXECUTABLES_ALLOWED": "/opt/dbt",
        "RUN_RETENTION_DAYS": "91",
        "ENCRYPTION_KEY": "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=",
        "ENCRYPTION_PREVIOUS_KEYS": "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU=",
    }
    for name, value in users.items():
        monkeypatch.setenv(name, value)
    return child_environment(load_settings(), DATA, ADDRESSES, users)


def test_only_what_is_named_gets_through(environment: dict[str, str]) -> None:
    assert not [name for name, value in environment.items() if "leak" in value]
    assert environment["HOME"] == "/home/me"
    assert environment["DBT_THING"] == "1"
    assert environment["LC_ALL"] == "C.UTF-8"
    assert environment["AWS_PROFILE"] == "work"
    assert environment["PATH"].endswith(":/usr/bin")


def test_the_superuser_stays_with_the_supervisor(environment: dict[str, str]) -> None:
    assert not [name for name, value in environment.items() if "super" in value]


def test_children_find_each_other(environment: dict[str, str]) -> None:
    assert environment["DATABASE_URL"] == URL
    assert "search_path" in environment["DAGSTER_POSTGRES_URL"]
    assert environment["WORKBENCH_DAGSTER_URL"] == "http://127.0.0.1:4321/dagster"
    assert environment["WORKBENCH_CODE_SOCKET"] == "/data/dagster/code.sock"
    assert environment["WORKBENCH_RUN_SOCKET"] == "/data/dagster/runs.sock"
    assert environment["WORKBENCH_DEMO_PG_PASSWORD"] == "demo-pw"


def test_every_setting_that_a_child_gets_is_known(environment: dict[str, str]) -> None:
    assert {name for name in environment if name.startswith("WORKBENCH_")} <= known_variables()


@pytest.fixture
def settings() -> Settings:
    return Settings.model_validate(SETTINGS)


def holding(environment: dict[str, str], secrets: tuple[str, ...]) -> list[str]:
    return [name for name, value in environment.items() if any(secret in value for secret in secrets)]


def test_the_list_of_this_test_is_complete() -> None:
    assert set(SETTINGS) == {variable_of(field) for field in Settings.model_fields}


def test_every_setting_is_passed_on_by_name(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    api = api_environment(child_environment(settings, DATA, ADDRESSES, {}), settings)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in api.items():
        monkeypatch.setenv(name, value)
    seen = load_settings()
    own = COMPOSED | {"database_owner_url", "admin_password"}
    assert {name: getattr(seen, name) for name in Settings.model_fields if name not in own} == {
        name: getattr(settings, name) for name in Settings.model_fields if name not in own
    }


def test_each_secret_goes_only_to_who_needs_it(settings: Settings) -> None:
    base = child_environment(settings, DATA, ADDRESSES, {})
    assert holding(base, (*OF_THE_API, *OF_THE_SUPERVISOR)) == []
    api = api_environment(base, settings)
    assert holding(api, OF_THE_SUPERVISOR) == []
    assert holding(api, OF_THE_API) == ["JWT_PREVIOUS_SECRET_KEYS", "JWT_SECRET_KEY"]
    tables = tables_environment(base, ADDRESSES)
    assert holding(tables, ("owner-pw",)) == ["DAGSTER_POSTGRES_URL"]
    assert holding(tables, (*OF_THE_API, "admin-secret", "super")) == []


def test_no_secret_comes_in_through_what_dbt_may_see(settings: Settings) -> None:
    secrets = {variable_of(field) for field in SECRETS}
    careless = settings.model_copy(update={"dbt_env": ",".join(secrets)})
    environment = child_environment(careless, DATA, ADDRESSES, dict.fromkeys(secrets, "leak"))
    assert holding(environment, ("leak",)) == []


def test_what_the_supervisor_starts_itself_inherits_no_secret() -> None:
    environ = {name: str(value) for name, value in SETTINGS.items()}
    forget_secrets(environ)
    assert holding(environ, (*OF_THE_API, *OF_THE_SUPERVISOR)) == []
    assert environ["WORKBENCH_PORT"] == "9123"


def test_with_a_server_of_ones_own_and_two_roles(settings: Settings) -> None:
    addresses = own_addresses(settings, str(settings.database_url), 1)
    assert (addresses.app_role, addresses.owner_url) == ("app", SETTINGS["DATABASE_OWNER_URL"])
    environment = child_environment(settings, DATA, addresses, {})
    assert environment["DATABASE_URL"] == SETTINGS["DATABASE_URL"]
    assert "app:app-pw@" in environment["DAGSTER_POSTGRES_URL"]


def test_with_one_role_for_both() -> None:
    one = Addresses(URL, URL, 1)
    assert one.app_role is None
    settings = Settings.model_validate({"DATABASE_URL": URL})
    assert own_addresses(settings, URL, 1) == one


def test_a_file_elsewhere_gives_the_api_no_key_that_this_start_does_not_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = api_environment({}, Settings.model_validate({"AUTH_ENABLED": "true"}))
    (tmp_path / ".env").write_text(f"JWT_SECRET_KEY={SETTINGS['JWT_SECRET_KEY']}\n")
    monkeypatch.chdir(tmp_path)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_settings().jwt_secret_key is None
