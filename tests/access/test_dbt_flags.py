"""What is not on the list of commands and flags is refused, and nothing is launched."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.runs.commands import COMMANDS, OPTIONS
from tests.access.world import SHOP, World
from tests.api.shape import error_of
from tests.api.upstream import Upstream

RUNS = f"/api/workspaces/{SHOP}/runs"
BOUNDED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FLAGS = [
    "profiles-dir",
    "profiles_dir",
    "project-dir",
    "project_dir",
    "target",
    "target-path",
    "target_path",
    "profile",
    "log-path",
    "packages-install-path",
    "state",
    "defer-state",
    "config-dir",
    "record-timing-info",
    "--profiles-dir",
    "--select",
    "--project-dir=/",
    "-t",
    "-s",
    "SELECT",
    "select ",
    "se lect",
    "__class__",
    "",
]
texts = st.text(st.characters(codec="utf-8"), max_size=30)
commands = st.sampled_from(sorted(COMMANDS))
dashes = st.tuples(st.sampled_from(["-", "--", " -", "\t--"]), st.sampled_from(FLAGS) | texts).map("".join)
breaks = st.tuples(texts, st.sampled_from(["\n", "\r", "\0", "\x1b[2J", "\u2028", "\x85"]), texts).map(
    "".join
)
names = [name for name, option in OPTIONS.items() if option.kind in {"list", "name"}]
switches = [name for name, option in OPTIONS.items() if option.kind == "switch"]
values: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | texts | st.lists(texts, max_size=3)
)

unknown_options = st.dictionaries(
    (st.sampled_from(FLAGS) | texts).filter(lambda name: name not in OPTIONS), values, min_size=1, max_size=3
)
bad_texts = st.tuples(st.sampled_from(names), dashes | breaks).map(
    lambda pair: {pair[0]: [pair[1]] if OPTIONS[pair[0]].kind == "list" else pair[1]}
)
bad_macros = st.builds(
    lambda name: {"macro": name}, dashes | breaks | st.sampled_from(["a b", "a;b", "a/b", "$(x)", "../x"])
)
bad_kinds = st.one_of(
    st.builds(lambda name, value: {name: value}, st.sampled_from(switches), texts.filter(bool)),
    st.builds(lambda value: {"threads": value}, st.sampled_from(["4", "4 --target prod", -1, 257, 1.5])),
    st.builds(lambda value: {"vars": value}, texts.filter(bool) | st.lists(texts, min_size=1)),
    st.builds(lambda value: {"select": value}, texts.filter(bool)),
    st.builds(lambda value: {"selector": value}, st.lists(texts, min_size=1)),
)
unknown_commands = (
    texts | st.sampled_from(["clean", "init", "run --target prod", "docs serve", "retry"])
).filter(lambda name: name not in COMMANDS)


def refused(world: World, dagster: Upstream, step: dict[str, Any]) -> None:
    """The request is answered by 422 that names the place, and Dagster hears of nothing."""
    dagster.runs.pop("new", None)
    response = world.client.post(RUNS, json={"steps": [step]}, headers=world.bearer("admin"))
    details = error_of(response, 422, "invalid")["details"]
    assert details
    assert all(detail["field"].startswith("steps.0") for detail in details)
    assert "new" not in dagster.runs


@pytest.fixture(autouse=True)
def mended(world: World) -> None:
    world.mend()


@BOUNDED
@given(commands, unknown_options)
def test_an_option_that_is_not_on_the_list_is_refused(
    world: World, dagster: Upstream, command: str, options: dict[str, Any]
) -> None:
    refused(world, dagster, {"command": command, "options": options})


@BOUNDED
@given(st.sampled_from(["build", "run", "test"]), bad_texts)
def test_a_value_that_could_be_a_flag_or_holds_a_line_break_is_refused(
    world: World, dagster: Upstream, command: str, options: dict[str, Any]
) -> None:
    refused(world, dagster, {"command": command, "options": options})


@BOUNDED
@given(bad_macros)
def test_a_macro_is_a_name_and_nothing_else(world: World, dagster: Upstream, options: dict[str, Any]) -> None:
    refused(world, dagster, {"command": "run-operation", "options": options})


@BOUNDED
@given(bad_kinds)
def test_a_value_of_another_kind_is_refused(world: World, dagster: Upstream, options: dict[str, Any]) -> None:
    refused(world, dagster, {"command": "build", "options": options})


@BOUNDED
@given(unknown_commands)
def test_a_command_that_is_not_on_the_list_is_refused(world: World, dagster: Upstream, command: str) -> None:
    refused(world, dagster, {"command": command})


@BOUNDED
@given(commands, st.dictionaries(st.sampled_from(sorted(OPTIONS)), values, max_size=3))
def test_a_viewer_launches_nothing_whatever_is_asked(
    world: World, dagster: Upstream, command: str, options: dict[str, Any]
) -> None:
    dagster.runs.pop("new", None)
    body = {"steps": [{"command": command, "options": options}]}
    response = world.client.post(RUNS, json=body, headers=world.bearer("viewer"))
    error_of(response, 403, "forbidden")
    assert "new" not in dagster.runs


def test_what_is_on_the_list_is_launched(world: World, dagster: Upstream) -> None:
    """Otherwise the tests above would prove nothing."""
    dagster.runs.pop("new", None)
    body = {"steps": [{"command": "build", "options": {"select": ["orders"], "vars": {"a": "--b\n"}}}]}
    assert world.client.post(RUNS, json=body, headers=world.bearer("developer")).status_code == 201
    assert "new" in dagster.runs
