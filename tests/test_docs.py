"""What the documents promise is there."""

import re
from pathlib import Path

import pytest

from bench.__main__ import AREAS
from core.auth.rights import LEVELS, RIGHTS
from core.kit.settings import Settings, variable_of
from core.runs.commands import COMMANDS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    missing = [variable_of(field) for field in Settings.model_fields if f"`{variable_of(field)}`" not in text]
    assert missing == []


def test_the_table_of_rights_is_the_one_that_the_code_goes_by() -> None:
    text = (ROOT / "docs" / "security.md").read_text()
    table = text.split("<!-- rights -->")[1].split("<!-- /rights -->")[0].strip().splitlines()[2:]
    rows = [(right.scope, LEVELS[right.level][0], "T" if right.tokens else "", right) for right in RIGHTS]
    assert table == [
        f"| `{scope}` | {name} | {token} | {right.description} |" for scope, name, token, right in rows
    ]


def test_every_dbt_command_is_documented() -> None:
    text = (ROOT / "docs" / "user-guide.md").read_text().replace("\n", " ")
    assert [name for name in COMMANDS if name not in text] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_images_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", document.read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (document.parent / target).exists()] == []


def test_the_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    defined = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"up", "test"} <= targets <= defined


def test_the_layout_is_the_one_that_the_design_names() -> None:
    names = "orchestration api ui_extensions plugins dbt_projects core deploy docs tests bench dagster.yaml"
    files = "workspace.yaml compose.yaml pyproject.toml Makefile README.md CHANGELOG.md .ci/run"
    assert [name for name in f"{names} {files}".split() if not (ROOT / name).exists()] == []


def test_benchmarks_have_areas() -> None:
    assert {"start", "runs", "access"} <= AREAS.keys()


@pytest.mark.parametrize(
    "pattern", [r"(?i)index-url\s", r"https?://[^\s/]*(pypi|npmjs|registry)", r"/work/|/root/"]
)
def test_no_registry_and_no_path_of_a_machine_is_committed(pattern: str) -> None:
    locks = [*(ROOT / "requirements").iterdir(), ROOT / "ui_extensions" / "package-lock.json", *DOCUMENTS]
    found = [path.name for path in locks if re.search(pattern, path.read_text())]
    assert found == []
