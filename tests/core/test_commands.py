"""The dbt commands that can be asked for, and the process that runs them."""

import json
import shlex
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from dbt.cli.main import cli
from hypothesis import example, given
from hypothesis import strategies as st

from core.kit.errors import Invalid
from core.kit.settings import Settings
from core.runs.commands import COMMANDS, MAX_STEPS, MAX_VALUES, OPTIONS, Step, check_steps, dbt_args
from core.runs.dbt_process import RESERVED, command_line, dbt_environment, visible_environment
from core.workspaces.models import Workspace

TEXT = st.text(st.characters(exclude_categories=()), max_size=8) | st.sampled_from(
    ["-x", " -x", "--profiles-dir=/", "orders", "a b"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
FLAGS = {option.flag for option in OPTIONS.values() if option.flag}


def one(command: str, **options: Any) -> list[str]:
    (step,) = check_steps([{"command": command, "options": options}])
    return dbt_args(step)


def problems(*steps: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as error:
        check_steps(list(steps))
    assert error.value.hint
    return {detail.field: detail.message for detail in error.value.details}


@given(
    st.sampled_from(sorted(COMMANDS)),
    JSON | st.dictionaries(st.sampled_from(sorted(OPTIONS)) | TEXT, JSON, max_size=4),
)
@example("build", {"select": ["-x"]})
@example("run-operation", {"macro": "--profiles-dir"})
@example("build", {"vars": {"a": float("nan")}})
def test_no_word_of_a_user_can_be_taken_for_a_flag(command: str, options: Any) -> None:
    try:
        (step,) = check_steps([{"command": command, "options": options}])
    except Invalid:
        return
    words = dbt_args(step)
    assert words[: len(COMMANDS[command].words)] == COMMANDS[command].words
    assert {word for word in words if word.lstrip().startswith("-")} <= FLAGS
    for flag, word in pairwise(words):
        if flag in {"--vars", "--args"}:
            assert word.startswith("{")
            assert yaml.safe_load(word) == json.loads(word)
    assert shlex.split(step.display) == ["dbt", *words]
    json.dumps(step.as_config(), allow_nan=False).encode()
    assert check_steps([step.as_config()]) == [step]


@given(st.lists(JSON, max_size=3))
def test_whatever_is_asked_is_checked(steps: list[Any]) -> None:
    with suppress(Invalid):
        assert all(step.command in COMMANDS for step in check_steps(steps))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, []),
        ({"select": ["+orders", "tag:nightly"]}, ["--select", "+orders", "tag:nightly"]),
        ({"select": [], "threads": None, "full_refresh": False, "vars": {}}, []),
        ({"full_refresh": True, "fail_fast": True}, ["--full-refresh", "--fail-fast"]),
        ({"threads": 8}, ["--threads", "8"]),
        ({"vars": {"b": [1, None], "a": "é😀"}}, ["--vars", '{"a": "é😀", "b": [1, null]}']),
        ({"selector": "nightly"}, ["--selector", "nightly"]),
    ],
)
def test_options_become_words(options: dict[str, Any], words: list[str]) -> None:
    assert one("build", **options) == ["build", *words]


def test_commands_of_two_words_and_macros() -> None:
    assert one("docs generate", select=["a"]) == ["docs", "generate", "--select", "a"]
    assert one("run-operation", macro="shop.clean", args={"days": 3}) == [
        "run-operation",
        "shop.clean",
        "--args",
        '{"days": 3}',
    ]


def test_every_problem_is_named_by_its_place() -> None:
    found = problems(
        {"command": "drop"},
        {
            "command": "build",
            "options": {"profiles_dir": "/", "threads": 0, "select": ["-x", 3], "full_refresh": "yes"},
        },
        {"command": "run-operation"},
        {"command": "test", "options": {"full_refresh": True}},
        "build",
        {"command": "build", "options": ["--select"]},
    )
    assert "'drop' is not a dbt command" in found["steps.0.command"]
    assert "'profiles_dir' is not a flag" in found["steps.1.options.profiles_dir"]
    assert found["steps.1.options.threads"] == "must be a whole number from 1 to 256"
    assert "begins with '-'" in found["steps.1.options.select"]
    assert found["steps.1.options.full_refresh"] == "must be true or false"
    assert "needs the name of a macro" in found["steps.2.options.macro"]
    assert "dbt test does not take --full-refresh" in found["steps.3.options.full_refresh"]
    assert found["steps.4"] == "must be an object with a command"
    assert found["steps.5.options"] == "must be an object"


@pytest.mark.parametrize(
    "options",
    [
        {"threads": 0},
        {"threads": 257},
        {"threads": True},
        {"threads": 1.5},
        {"full_refresh": 0},
        {"full_refresh": 1},
        {"select": "orders"},
        {"select": [""]},
        {"select": ["a\nb"]},
        {"select": ["a\0"]},
        {"select": ["\ud800"]},
        {"select": ["x" * 4001]},
        {"select": ["x"] * (MAX_VALUES + 1)},
        {"select": ["\u2028-x"]},
        {"selector": ""},
        {"selector": "a", "select": ["b"]},
        {"vars": "{}"},
        {"vars": {"a": float("inf")}},
        {"vars": {"a": "\0"}},
        {"vars": {"\ud800": 1}},
        {"vars": {"a": "x" * 50_000}},
        {"vars": json.loads('{"a":' * 500 + "1" + "}" * 500)},
        {"macro": "a b"},
        {"project_dir": "/"},
        {"target": "prod"},
        {"state": "/etc"},
    ],
    ids=lambda options: str(options)[:40].encode("ascii", "replace").decode(),
)
def test_wrong_values_are_refused(options: dict[str, Any]) -> None:
    assert problems({"command": "build", "options": options})


@pytest.mark.parametrize("count", [0, MAX_STEPS + 1])
def test_a_run_has_some_steps_and_not_too_many(count: int) -> None:
    with pytest.raises(Invalid, match=f"1 to {MAX_STEPS} dbt commands"):
        check_steps([{"command": "build"}] * count)


@pytest.mark.parametrize(
    ("options", "display"),
    [
        ({"select": ["+orders+", "tag:nightly"]}, "dbt build --select +orders+ tag:nightly"),
        ({"select": ["path:a b"]}, "dbt build --select 'path:a b'"),
        ({"select": ["it's"]}, """dbt build --select 'it'"'"'s'"""),
        ({"vars": {"a": 1}}, """dbt build --vars '{"a": 1}'"""),
    ],
)
def test_a_step_is_shown_as_a_person_would_type_it(options: dict[str, Any], display: str) -> None:
    assert Step("build", options).display == display


EXAMPLES = {
    "list": ["a", "b"],
    "name": "nightly",
    "mapping": {"a": 1},
    "switch": True,
    "count": 3,
    "macro": "clean",
}
PAIRS = [(command.name, option) for command in COMMANDS.values() for option in command.options]


@pytest.fixture
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that dbt's command line wants to exist."""
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    monkeypatch.setenv("DBT_PROJECT_DIR", str(tmp_path))


def parse_as_dbt(words: list[str]) -> dict[str, Any]:
    """The parameters that dbt's own command line makes of these words."""
    command: click.Command = cli
    context = click.Context(cli, info_name="dbt")
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found is not None, words
        command, words = found, words[1:]
    return command.make_context("dbt", list(words), parent=context).params


@pytest.mark.parametrize(("command", "option"), PAIRS)
@pytest.mark.usefixtures("_in_a_project")
def test_dbt_itself_takes_every_option_that_is_offered(command: str, option: str) -> None:
    macro = {"macro": "clean"} if command == "run-operation" else {}
    value = EXAMPLES[OPTIONS[option].kind]
    words = command_line(one(command, **{**macro, option: value}), "dev")[1:]
    params = parse_as_dbt(words)
    read = params[option]
    assert (list(read) if isinstance(value, list) else read) == value
    assert command == "deps" or params["target"] == "dev"


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.usefixtures("_in_a_project")
def test_dbt_itself_knows_every_command_that_is_offered(command: str) -> None:
    macro = {"macro": "clean"} if command == "run-operation" else {}
    assert parse_as_dbt(command_line(one(command, **macro), "dev")[1:]) is not None


# The process


def visible(tmp_path: Path, environ: dict[str, str], **settings: str) -> dict[str, str]:
    return visible_environment(Settings.model_validate({"WORKBENCH_DATA": tmp_path, **settings}), environ)


HIDDEN = [
    "DATABASE_URL",
    "JWT_SECRET_KEY",
    "DAGSTER_HOME",
    "DAGSTER_POSTGRES_URL",
    "WORKBENCH_DATA",
    "PGPASSWORD",
    "AWS_SECRET_ACCESS_KEY",
]
SEEN = [
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "DBT_ENV_SECRET_TOKEN",
    "DBT_ANYTHING",
    "WORKBENCH_DEMO_PG_PORT",
]


def test_dbt_sees_its_own_variables_and_none_of_the_servers(tmp_path: Path) -> None:
    found = visible(tmp_path, dict.fromkeys([*HIDDEN, *SEEN], "value"))
    assert set(found) == {*SEEN, "WORKBENCH_DEMO_DUCKDB"}
    assert found["WORKBENCH_DEMO_DUCKDB"] == str(tmp_path / "warehouses" / "demo.duckdb")


def test_named_variables_pass_and_no_others(tmp_path: Path) -> None:
    environ = dict.fromkeys(["SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"], "x")
    assert "SNOWFLAKE_USER" in visible(tmp_path, environ, WORKBENCH_DBT_ENV="SNOWFLAKE_USER")
    assert "SNOWFLAKE_PASSWORD" not in visible(tmp_path, environ, WORKBENCH_DBT_ENV="SNOWFLAKE_USER")


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_variables_that_are_ours_to_set_do_not_pass_under_either_name(tmp_path: Path, name: str) -> None:
    engine = name.replace("DBT_", "DBT_ENGINE_", 1)
    named = f"{name},{engine}"
    assert not {name, engine} & set(visible(tmp_path, {name: "x", engine: "x"}, WORKBENCH_DBT_ENV=named))


def test_the_environment_of_a_step_sends_its_output_to_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_TARGET_PATH", "/somewhere/else")
    monkeypatch.setenv("DBT_ENGINE_TARGET_PATH", "/somewhere/else")
    monkeypatch.setenv("DBT_QUIET", "1")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    settings = Settings.model_validate({"WORKBENCH_DATA": tmp_path, "DATABASE_URL": "postgresql://secret"})
    workspace = Workspace(project_dir="/p", profiles_dir="/q")
    found = dbt_environment(settings, workspace, tmp_path / "target")
    assert (found["DBT_TARGET_PATH"], found["DBT_LOG_PATH"]) == (str(tmp_path / "target"),) * 2
    assert (found["DBT_PROJECT_DIR"], found["DBT_PROFILES_DIR"], found["DBT_LOG_FORMAT"]) == (
        "/p",
        "/q",
        "json",
    )
    assert "secret" not in " ".join(found.values())
    assert not {"DBT_QUIET", "DBT_ENGINE_TARGET_PATH"} & set(found)


def test_deps_takes_no_target() -> None:
    assert command_line(["deps"], "dev")[1:] == ["deps"]
    assert command_line(["build"], "dev")[1:] == ["build", "--target", "dev"]
