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
from core.runs.commands import (
    COMMANDS,
    MAX_STEPS,
    OPTIONS,
    Step,
    check_steps,
    compares_by,
    dbt_args,
    environment_of,
)
from core.runs.dbt_process import RESERVED, command_line, dbt_environment, visible_environment
from core.runs.option_checks import MAX_VALUES
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
    # A state is shown by its name, and is a folder only once the run has one.
    shown = [word for word in shlex.split(step.display)[1:] if word not in {"--state", options_state(step)}]
    assert shown == words
    json.dumps(step.as_config(), allow_nan=False).encode()
    assert check_steps([step.as_config()]) == [step]


def options_state(step: Step) -> Any:
    return step.options.get("state", "--state")


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
        {"target": "/etc"},
        {"target": ["prod"]},
        {"target": "-prod"},
        {"state": "/etc"},
        {"state": "../runs"},
        {"state": "a/b"},
        {"state": ".."},
        {"state": True},
        {"indirect_selection": "lazy"},
        {"indirect_selection": ["eager"]},
        {"sample": "3 weeks"},
        {"sample": "0 days"},
        {"sample": "-3 days"},
        {"sample": 3},
        {"sample": {"start": "2024-01-01"}},
        {"sample": {"start": "2024-01-02", "end": "2024-01-01"}},
        {"sample": {"start": "2024-01-01T00:00:00Z", "end": "2024-01-02"}},
        {"sample": {"start": "yesterday", "end": "2024-01-01"}},
        {"select": ["state:modified+"]},
        {"select": ["orders", "tag:a,1+state:new"]},
        {"exclude": ["@result:error"]},
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
    "choice": "cautious",
    "sample": "3 days",
    "state": "prod",
}
PAIRS = [
    (command.name, option)
    for command in COMMANDS.values()
    for option in command.options
    if option != "target"
]
NEEDED = {"macro": "clean", "state": "prod"}


def needed(command: str) -> dict[str, Any]:
    return {name: NEEDED[name] for name in COMMANDS[command].needed}


@pytest.fixture
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that dbt's command line wants to exist."""
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    monkeypatch.setenv("DBT_PROJECT_DIR", str(tmp_path))


def words_of(tmp_path: Path, command: str, **options: Any) -> list[str]:
    (step,) = check_steps([{"command": command, "options": {**needed(command), **options}}])
    state = str(tmp_path) if "state" in step.options else None
    return command_line(dbt_args(step.with_state(state)), "dev")[1:]


def dbts_own(name: str) -> click.Command:
    """The command of dbt's own command line."""
    command: click.Command = cli
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.commands[word]
    return command


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
def test_dbt_itself_takes_every_option_that_is_offered(tmp_path: Path, command: str, option: str) -> None:
    value = EXAMPLES[OPTIONS[option].kind]
    params = parse_as_dbt(words_of(tmp_path, command, **{option: value}))
    read = params[option]
    if option == "state":
        assert read == tmp_path
    elif option == "sample":
        assert (read.end - read.start).days == 3
    else:
        assert (list(read) if isinstance(value, list) else read) == value
    assert command == "deps" or params["target"] == "dev"


# What dbt's commands take beside, and why it is not offered: each new one of dbt's has to be thought about.
EVERYWHERE = {
    # Ours to set: places, and what a run is read from.
    *("profiles_dir", "profile", "project_dir", "target_path", "log_path", "log_format", "log_format_file"),
    *("log_level", "log_level_file", "log_file_max_bytes", "debug", "quiet", "print", "printer_width"),
    *("use_colors", "use_colors_file", "write_json", "send_anonymous_usage_stats", "log_cache_events"),
    *("record_timing_info", "macro_debugging", "upload_to_artifacts_ingest_api", "defer_state"),
    # Of the project's own `flags:`, which say so for everybody.
    *(
        "cache_selected_only",
        "introspect",
        "partial_parse",
        "partial_parse_file_path",
        "partial_parse_file_diff",
    ),
    *("populate_cache", "static_parser", "use_experimental_parser", "use_fast_test_edges", "version_check"),
    *("warn_error", "warn_error_options", "single_threaded", "show_all_deprecations", "version"),
    *("deprecated_state", "deprecated_defer", "deprecated_favor_state", "deprecated_print", "sqlparse"),
}
# dbt hands these to every command, also to those that do nothing with them.
IDLE = {"fail_fast", "defer", "favor_state", "state", "indirect_selection", "target"}
ALONE = {
    "build": {"resource_types", "exclude_resource_types", "event_time_start", "event_time_end", "show"}
    | {"export_saved_queries", "include_saved_query"},
    "run": {"event_time_start", "event_time_end"},
    "test": {"resource_types", "exclude_resource_types"},
    "seed": {"show"},
    "compile": {"inline", "output", "inject_ephemeral_ctes"},
    "ls": {"models", "output", "output_keys", "resource_types", "exclude_resource_types"},
    "docs generate": {"compile", "empty_catalog", "static"},
    "source freshness": {"output"},
    "deps": {"add_package", "lock", "source", "upgrade"},
    "debug": {"config_dir", "connection"},
    "clone": {"resource_types", "exclude_resource_types"},
    # dbt's retry asks the same as the run that it repeats, whatever is said: only these two are listened to.
    "retry": {"full_refresh"},
}
GRAPH = {"build", "run", "test", "seed", "snapshot", "compile", "clone", "ls"} | {
    "docs generate",
    "source freshness",
}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_list_of_a_command_is_dbts_own_but_for_what_is_named_here(command: str) -> None:
    dbts = {str(parameter.name) for parameter in dbts_own(command).params}
    ours = set(COMMANDS[command].options)
    assert ours <= dbts
    left = dbts - ours - EVERYWHERE - IDLE - ALONE.get(command, set())
    assert left == set()
    assert ALONE.get(command, set()) <= dbts


def test_choices_and_flags_are_dbts_own() -> None:
    for command in COMMANDS:
        parameters = {parameter.name: parameter for parameter in dbts_own(command).params}
        for name in COMMANDS[command].options:
            option, parameter = OPTIONS[name], parameters[name]
            assert not option.flag or option.flag in parameter.opts
            if isinstance(parameter.type, click.Choice):
                assert list(option.choices) == list(parameter.type.choices)


@pytest.mark.parametrize("command", sorted(GRAPH))
def test_whatever_selects_takes_the_whole_of_dbts_selection(command: str) -> None:
    assert {"select", "exclude", "selector", "indirect_selection", "state"} <= set(COMMANDS[command].options)


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.usefixtures("_in_a_project")
def test_dbt_itself_knows_every_command_that_is_offered(tmp_path: Path, command: str) -> None:
    assert parse_as_dbt(words_of(tmp_path, command)) is not None


def test_a_state_is_a_name_until_the_run_has_a_folder_for_it() -> None:
    options = {"select": ["state:modified+"], "state": "prod", "defer": True, "favor_state": True}
    (step,) = check_steps([{"command": "build", "options": options}])
    assert step.display == "dbt build --select state:modified+ --defer --favor-state --state prod"
    assert "--state" not in dbt_args(step)
    assert dbt_args(step.with_state("/private/7"))[-2:] == ["--state", "/private/7"]
    assert step.as_config() == {"command": "build", "options": options}


def test_a_step_may_say_that_the_others_go_on() -> None:
    (step,) = check_steps([{"command": "test", "on_failure": "continue"}])
    assert step.as_config() == {"command": "test", "options": {}, "on_failure": "continue"}
    assert check_steps([step.as_config()]) == [step]
    assert problems({"command": "test", "on_failure": "ignore"}) == {
        "steps.0.on_failure": "must be stop or continue"
    }


def test_what_a_command_cannot_do_without_is_asked_for() -> None:
    found = problems({"command": "clone"}, {"command": "retry"}, {"command": "run-operation"})
    assert "needs a state" in found["steps.0.options.state"]
    assert "needs a state" in found["steps.1.options.state"]
    assert "needs the name of a macro" in found["steps.2.options.macro"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("state:modified", True),
        ("2+state:new+", True),
        ("tag:a,@state:old", True),
        ("fqn:state:x", False),
        ("my_state:modified", False),
        ("path:state", False),
    ],
)
def test_what_compares_with_a_state_is_known(word: str, *, expected: bool) -> None:
    assert compares_by(word, "state:") is expected


def test_the_target_is_the_environment_of_the_run() -> None:
    steps = check_steps([{"command": "build", "options": {"target": "prod"}}, {"command": "test"}])
    assert environment_of(steps, None) == "prod"
    assert environment_of(steps, "prod") == "prod"
    assert environment_of(check_steps([{"command": "test"}]), None) is None
    assert "--target" not in [*dbt_args(steps[0]), *shlex.split(steps[0].display)]
    with pytest.raises(Invalid, match="one run is in one environment") as error:
        environment_of(steps, "dev")
    assert [detail.field for detail in error.value.details] == ["steps.0.options.target"]


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
    assert found["DBT_LOG_LEVEL_FILE"] == "none"
    assert "secret" not in " ".join(found.values())
    assert not {"DBT_QUIET", "DBT_ENGINE_TARGET_PATH"} & set(found)


def test_deps_takes_no_target() -> None:
    assert command_line(["deps"], "dev")[1:] == ["deps"]
    assert command_line(["build"], "dev")[1:] == ["build", "--target", "dev"]
