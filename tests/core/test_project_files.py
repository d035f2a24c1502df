from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.artifacts.project_files import (
    describe_project,
    fingerprint,
    profile_targets,
    profiles_dir_of,
    read_yaml,
    slug,
)
from core.kit.errors import Invalid

PROFILE = "shop:\n  target: prod\n  outputs:\n    dev: {type: duckdb}\n    prod: {type: postgres}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "models" / "logs").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: Jaffle Shop\nprofile: shop\n")
    (folder / "profiles.yml").write_text(PROFILE)
    (folder / "models" / "a.sql").write_text("select 1")
    return folder


@given(st.text(max_size=150))
def test_a_slug_is_always_fit_for_an_address(name: str) -> None:
    key = slug(name)
    assert 0 < len(key) <= 100
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
    assert slug(key) == key or len(key) == 100


@pytest.mark.parametrize(
    ("name", "key"), [("Jaffle Shop", "jaffle_shop"), ("--", "project"), ("a/../b", "a_b"), ("Ünï", "n")]
)
def test_slugs(name: str, key: str) -> None:
    assert slug(name) == key


def test_a_project_is_named_by_its_file(project: Path) -> None:
    found = describe_project(project)
    assert (found.key, found.name, found.project_dir) == ("jaffle_shop", "Jaffle Shop", project)


@pytest.mark.parametrize("content", ["name: [", "- a list", "name: 2024-99-99", "\0", ""])
def test_a_project_file_that_cannot_be_read_leaves_the_folders_name(project: Path, content: str) -> None:
    (project / "dbt_project.yml").write_text(content)
    assert describe_project(project).key == "shop"


def test_what_is_no_project_is_refused_with_the_path(project: Path) -> None:
    with pytest.raises(Invalid, match=r"There is no folder .*nowhere") as missing:
        describe_project(project / "nowhere")
    assert "--project" in (missing.value.hint or "")
    with pytest.raises(Invalid, match=r"models holds no dbt_project\.yml"):
        describe_project(project / "models")
    with pytest.raises(Invalid, match="There is no folder"):
        describe_project(project / "dbt_project.yml")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [", "not valid YAML"),
        (b"\xff\xfe\xff", "not valid YAML"),
        (b"a: 2024-99-99", "not valid YAML"),
        (b"3", "does not hold"),
    ],
)
def test_yaml_that_is_none_is_refused_by_file(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.yml").write_bytes(content)
    with pytest.raises(Invalid, match=said) as error:
        read_yaml(tmp_path / "x.yml")
    assert "x.yml" in error.value.message


def targets(project: Path, profile: str) -> dict[str, tuple[str | None, bool]]:
    (project / "profiles.yml").write_text(profile)
    return {
        target.name: (target.adapter_type, target.is_default) for target in profile_targets(project, project)
    }


def test_targets_of_a_profile(project: Path) -> None:
    assert targets(project, PROFILE) == {"dev": ("duckdb", False), "prod": ("postgres", True)}


@pytest.mark.parametrize(
    ("target", "default"),
    [
        ("prod", "prod"),
        ("\"{{ env_var('DBT_T', 'prod') }}\"", "prod"),
        ('\'{{ env_var("DBT_T", "prod") }}\'', "prod"),
        ("\"{{ env_var('DBT_T') }}\"", "dev"),
        ("nowhere", "dev"),
        ("", "dev"),
    ],
)
def test_the_default_target(project: Path, target: str, default: str) -> None:
    found = targets(project, PROFILE.replace("prod\n", f"{target}\n", 1))
    assert [name for name, (_, is_default) in found.items() if is_default] == [default]


@pytest.mark.parametrize(
    "profile",
    [
        "other: {outputs: {dev: {type: duckdb}}}",
        "shop:",
        "shop: {outputs: {}}",
        "shop: {outputs: [dev]}",
        "shop: text",
    ],
)
def test_a_profile_without_targets_is_refused(project: Path, profile: str) -> None:
    with pytest.raises(Invalid, match="no targets for the profile 'shop'") as error:
        targets(project, profile)
    assert "outputs" in (error.value.hint or "")


def test_a_broken_or_missing_profiles_file_is_refused(project: Path) -> None:
    with pytest.raises(Invalid, match=r"profiles\.yml is not valid YAML"):
        targets(project, "shop: [")
    (project / "profiles.yml").unlink()
    with pytest.raises(Invalid, match=r"profiles\.yml cannot be read"):
        profile_targets(project, project)


def test_profiles_are_looked_for_where_dbt_does(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured, home = tmp_path / "configured", tmp_path / "home"
    for folder in (configured, home / ".dbt"):
        folder.mkdir(parents=True)
        (folder / "profiles.yml").write_text(PROFILE)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(configured))
    assert profiles_dir_of(project) == project
    (project / "profiles.yml").unlink()
    assert profiles_dir_of(project) == configured
    monkeypatch.delenv("DBT_PROFILES_DIR")
    assert profiles_dir_of(project) == home / ".dbt"
    (home / ".dbt" / "profiles.yml").unlink()
    assert profiles_dir_of(project) == project


@pytest.mark.parametrize(
    "name", ["models/a.sql", "profiles.yml", "models/new.sql", "models/logs/b.sql", "seeds/target/c.csv"]
)
def test_a_change_changes_the_fingerprint(project: Path, name: str) -> None:
    before = fingerprint(project, project)
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("select 22")
    assert fingerprint(project, project) != before


@pytest.mark.parametrize(
    "name",
    [
        "target/manifest.json",
        "logs/dbt.log",
        ".git/index",
        "node_modules/x.js",
        "shop.duckdb",
        "shop.duckdb.wal",
        ".user.yml",
    ],
)
def test_what_dbt_and_others_leave_does_not(project: Path, name: str) -> None:
    before = fingerprint(project, project)
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("anything")
    assert fingerprint(project, project) == before


def test_a_removal_and_another_version_of_dbt_change_it(project: Path) -> None:
    before = fingerprint(project, project, "1.11")
    assert fingerprint(project, project, "1.11") == before
    assert fingerprint(project, project, "1.12") != before
    (project / "models" / "a.sql").unlink()
    assert fingerprint(project, project, "1.11") != before
