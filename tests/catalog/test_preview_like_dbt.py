"""What a command would run is told before it does: as dbt's own tasks choose, and as `dbt ls` lists."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.environments.models import Environment
from core.kit.errors import Invalid
from core.runs.commands import COMMANDS, Step, check_steps
from core.runs.preview import ACTS_ON, StepPreview, page_of, preview_steps
from tests.catalog.stocking import Catalog
from tests.catalog.truth import TYPES, DbtSelector, Truth

SELECTIONS: list[tuple[str | None, str | None]] = [
    (None, None),
    (None, "tag:finance"),
    ("fct_trips", None),
    ("+fct_trips", None),
    ("stg_trips+", None),
    ("stg_trips+1", "test_type:unit"),
    ("@stg_trips", None),
    ("tag:finance tag:growth", None),
    ("tag:finance,config.materialized:table", "fct_trips"),
    ("path:models/staging", None),
    ("path:models/marts", "path:models/marts/core,resource_type:model"),
    ("resource_type:model", None),
    ("resource_type:source", None),
    ("resource_type:test", "test_name:not_null"),
    ("test_type:unit", None),
    ("test_name:relationships", None),
    ("source:bike_ops+", "tag:daily"),
    ("source:*", None),
    ("stations dim_stations", None),
    ("dim_bikes dim_stations,tag:daily", None),
    ("config.materialized:ephemeral+", None),
    ("exposure:*", None),
    ("+exposure:operations_wallboard", "stg_*"),
    ("trips_end_after_they_start", None),
    ("fct_* dim_*", "stg_trips+"),
    ("nothing_of_the_kind", None),
]
MODES = ["eager", "cautious", "buildable", "empty"]


def environment_of(catalog: Catalog) -> Environment:
    with catalog.session() as session:
        return session.get_one(Environment, catalog.reading.environment_id)


def step_of(command: str, select: str | None = None, exclude: str | None = None, /, **options: Any) -> Step:
    given = {"select": select.split() if select else None, "exclude": exclude.split() if exclude else None}
    needed = {"state": "prod"} if "state" in COMMANDS[command].needed else {}
    (step,) = check_steps([{"command": command, "options": {**given, **needed, **options}}])
    return step


def told(catalog: Catalog, step: Step, project: Path | None = None) -> StepPreview:
    with catalog.session() as session:
        return preview_steps(session, environment_of(catalog), [step], project)[0]


@pytest.mark.parametrize("command", sorted(ACTS_ON))
def test_a_command_runs_what_dbts_own_task_chooses(
    demo_catalog: Catalog, demo_selector: DbtSelector, command: str
) -> None:
    assert set(TYPES) == set(ACTS_ON)
    for select, exclude in SELECTIONS:
        for mode in MODES:
            found = told(demo_catalog, step_of(command, select, exclude, indirect_selection=mode)).unique_ids
            said = demo_selector.run_by(command, select, exclude, mode)
            assert found is not None
            wrong = {"missing": said - found, "too many": found - said}
            assert found == said, (select, exclude, mode, wrong)


LISTED = [
    (command, *SELECTIONS[index], mode)
    for index, (command, mode) in enumerate(
        [(command, mode) for command in ("build", "run", "test", "seed", "clone", "ls") for mode in MODES]
    )
]
SCRIPT = """
import json, sys
from dbt.cli.main import dbtRunner
runner, manifest = dbtRunner(), None
answers = []
for words in json.load(sys.stdin):
    done = runner.invoke(words)
    assert done.success, done.exception
    answers.append([json.loads(line)["unique_id"] for line in done.result])
print(json.dumps(answers), file=sys.stderr)
"""


def test_dbt_ls_lists_the_same(demo_catalog: Catalog, demo_selector: DbtSelector, demo_truth: Truth) -> None:
    """24 times the command itself, in one process of its own."""
    places = [
        "--target-path",
        str(demo_truth.folder / "target"),
        "--log-path",
        str(demo_truth.folder / "logs"),
    ]
    calls: list[list[str]] = []
    for command, select, exclude, mode in LISTED:
        kinds = [word for kind in ACTS_ON[command] for word in ("--resource-type", kind)]
        chosen = [*(["--select", *select.split()] if select else [])]
        chosen += ["--exclude", *exclude.split()] if exclude else []
        calls.append(
            [
                *("--quiet", "ls", *chosen, *kinds, "--indirect-selection", mode, "--output", "json"),
                *("--output-keys", "unique_id", "--target", "duckdb", *places),
            ]
        )
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(calls),
        cwd=demo_truth.project,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": str(Path(sys.executable).parent), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        | {"WORKBENCH_DEMO_DUCKDB": str(demo_truth.folder / "demo.duckdb")},
    )
    answers = json.loads(ran.stderr.splitlines()[-1])
    nodes = demo_selector.manifest.nodes
    for (command, select, exclude, mode), answer in zip(LISTED, answers, strict=True):
        inlined = {key for key in answer if key in nodes and nodes[key].is_ephemeral_model}
        said = set(answer) - (set() if command == "ls" else inlined)
        step = step_of(command, select, exclude, indirect_selection=mode)
        assert told(demo_catalog, step).unique_ids == said, step.display
    assert len(LISTED) >= 20
    assert sum(map(len, answers)) > 100


def test_counts_are_by_type_and_a_page_is_in_order(demo_catalog: Catalog) -> None:
    preview = told(demo_catalog, step_of("build", "+fct_trips"))
    assert preview.total == sum(preview.by_type.values())
    assert preview.by_type["model"] > 1
    assert preview.as_of is not None
    assert preview.reason is None
    with demo_catalog.session() as session:
        pages = [
            page_of(session, environment_of(demo_catalog), preview, offset=offset, limit=3)
            for offset in range(0, preview.total or 0, 3)
        ]
    found = [node.unique_id for page in pages for node in page]
    assert len(found) == len(set(found)) == preview.total
    assert [node.resource_type for page in pages for node in page] == sorted(
        node.resource_type for page in pages for node in page
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"select": ["state:modified+"], "state": "prod"}, "compares the project with an earlier one"),
        ({"exclude": ["tag:a,result:pass"], "state": "prod"}, "results of the state"),
        ({"select": ["source_status:fresher+"], "state": "prod"}, "freshness of sources"),
        ({"select": ["selector:nightly"]}, "selectors.yml"),
        ({"selector": "nightly"}, "selectors.yml"),
        ({"select": [f"m{number}" for number in range(200)]}, "more than 50 parts"),
    ],
)
def test_what_cannot_be_known_is_unknown_and_never_none(
    demo_catalog: Catalog, options: dict[str, Any], said: str
) -> None:
    preview = told(demo_catalog, step_of("build", None, **options))
    assert (preview.unique_ids, preview.total, dict(preview.by_type)) == (None, None, {})
    assert said in (preview.reason or "")


def test_a_default_selector_holds_where_nothing_is_selected(demo_catalog: Catalog, tmp_path: Path) -> None:
    def known(text: str | None, **options: Any) -> bool:
        path = tmp_path / "selectors.yml"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        return told(demo_catalog, step_of("build", None, **options), tmp_path).total is not None

    assert known(None)
    assert known("selectors: [{name: a, definition: x}]")
    assert not known("selectors: [{name: a, definition: x, default: true}]")
    assert known("selectors: [{name: a, definition: x, default: true}]", select=["fct_trips"])
    assert not known("selectors: [")


def test_commands_without_nodes_say_so_and_dbts_retry_cannot_be_told(demo_catalog: Catalog) -> None:
    parse = told(demo_catalog, step_of("parse", None))
    assert (parse.total, parse.reason) == (0, "dbt parse runs no nodes")
    assert told(demo_catalog, step_of("retry", None)).total is None


def test_an_environment_without_a_manifest_is_unknown(demo_catalog: Catalog) -> None:
    empty = Environment(id=987654, workspace_id=demo_catalog.reading.workspace_id, key="new")
    with demo_catalog.session() as session:
        (preview,) = preview_steps(session, empty, [Step("build")], None)
    assert preview.total is None
    assert "'new'" in (preview.reason or "")


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"select": ["nonsense:x"]}, "steps.1.options.select"),
        ({"select": ["@a+"]}, "steps.1.options.select"),
        ({"exclude": ["version:new"]}, "steps.1.options.exclude"),
    ],
)
def test_a_selection_that_is_none_is_named(
    demo_catalog: Catalog, options: dict[str, Any], field: str
) -> None:
    steps = [Step("build"), step_of("build", None, **options)]
    with demo_catalog.session() as session, pytest.raises(Invalid) as error:
        preview_steps(session, environment_of(demo_catalog), steps, None)
    assert [detail.field for detail in error.value.details] == [field]
