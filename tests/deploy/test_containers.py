import importlib.util
import re
from typing import Any

import pytest
import yaml

from core.kit.settings import OF_COMMANDS, OTHER_KNOWN, known_variables
from deploy.local.layout import REPOSITORY

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if name != "db"}
KEYS = {
    "image",
    "build",
    "environment",
    "volumes",
    "restart",
    "init",
    "command",
    "ports",
    "depends_on",
    "healthcheck",
}


def test_the_services_are_those_of_one_machine() -> None:
    assert set(OURS) == {"prepare", "api", "dagster-webserver", "dagster-daemon", "code-server", "run-server"}


def test_only_the_api_is_published_and_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"api": ["127.0.0.1:8580:8580"]}


def test_no_password_is_written_down() -> None:
    text = (REPOSITORY / "compose.yaml").read_text()
    assert set(re.findall(r"//workbench:([^@]+)@db", text)) == {"${POSTGRES_PASSWORD:?set it first}"}
    assert set(re.findall(r"//workbench_app:([^@]+)@db", text)) == {"${POSTGRES_APP_PASSWORD:?set it first}"}
    assert SERVICES["db"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD")


def holders(variable: str) -> set[str]:
    return {name for name, service in OURS.items() if variable in service["environment"]}


def test_each_secret_is_for_one_service_only() -> None:
    owners = {name for name, item in OURS.items() if "//workbench:" in str(item["environment"])}
    assert owners == holders("DATABASE_OWNER_URL") == holders("ADMIN_PASSWORD") == {"prepare"}
    assert holders("JWT_SECRET_KEY") == holders("JWT_PREVIOUS_SECRET_KEYS") == {"api"}
    assert {name for name, item in OURS.items() if "keys:/data/keys" in item["volumes"]} == {"api"}


def test_people_log_in() -> None:
    assert {item["environment"]["AUTH_ENABLED"] for item in OURS.values()} == {"${AUTH_ENABLED:-true}"}
    assert OURS["api"]["environment"]["WORKBENCH_HOST"] == "0.0.0.0"  # noqa: S104
    assert holders("WORKBENCH_HOST") == {"api"}


def test_every_setting_can_be_set() -> None:
    told = set().union(*(item["environment"] for item in OURS.values()))
    assert known_variables() - OTHER_KNOWN - OF_COMMANDS - told == set()


def test_every_key_dependency_and_volume_is_known() -> None:
    for service in SERVICES.values():
        assert set(service) <= KEYS
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_service_shares_data_and_settings(name: str) -> None:
    environment = OURS[name]["environment"]
    others = {"DAGSTER_POSTGRES_URL", "DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"}
    others.add("DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS")
    assert set(environment) - others <= known_variables()
    assert "data:/data" in OURS[name]["volumes"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_command_is_a_module_that_exists(name: str) -> None:
    program, flag, module, *words = OURS[name]["command"]
    assert (program, flag) == ("python", "-m")
    assert importlib.util.find_spec(module) is not None
    assert all(isinstance(word, str) for word in words)


def test_the_dockerfile_builds_from_the_locks() -> None:
    dockerfile = (REPOSITORY / "deploy/containers/Dockerfile").read_text()
    assert COMPOSE["x-workbench"]["build"]["dockerfile"] == "deploy/containers/Dockerfile"
    assert "--require-hashes -r requirements/runtime.txt" in dockerfile
    for source in re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE):
        assert (REPOSITORY / source).exists()
