"""A real dbt project, registered and parsed once, and the services that Dagster's processes use."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.artifacts.project_files import describe_project
from core.artifacts.projects import prepare
from core.artifacts.store import ArtifactStore
from core.kit.database import Database, make_engine
from core.kit.settings import Settings
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from orchestration.defs.dbt import command
from orchestration.lib.children import Nursery, use_nursery
from orchestration.lib.services import Services
from tests.conftest import REPOSITORY, database_address, run_sql
from tests.orchestration.ticking import Ticking, a_ticking

TINY = Path(__file__).parents[1] / "projects" / "tiny"
PARSED = "tiny_parsed"


@dataclass(frozen=True)
class Parsed:
    """A database and a data folder in which the tiny project has been parsed."""

    template: str
    data_dir: Path


@pytest.fixture(scope="session")
def warm_dbt() -> Iterator[Nursery]:
    """What forks dbt in the product, too: a process that has it loaded. It ends once nobody can ask it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = [sys.executable, "-m", "tests.orchestration.warm_dbt", str(theirs.fileno())]
        with subprocess.Popen(command, cwd=REPOSITORY, pass_fds=[theirs.fileno()]) as process:
            theirs.close()
            yield Nursery(ours, process.pid)
            ours.close()


@pytest.fixture(autouse=True)
def dbt_forked_warm(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that run dbt have it forked as the product does, seconds sooner than as a program."""
    if "shared" not in request.fixturenames or request.node.get_closest_marker("dbt_as_program"):
        yield
        return
    use_nursery(request.getfixturevalue("warm_dbt"))
    yield
    use_nursery(None)


@pytest.fixture(scope="session")
def parsed(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    """Parsed by a real dbt, once: the tests start from copies."""
    data_dir = tmp_path_factory.mktemp("parsed")
    run_sql(postgres_url, f"create database {PARSED} template {template}")
    settings = Settings.model_validate(
        {"DATABASE_URL": database_address(postgres_url, PARSED), "WORKBENCH_DATA": data_dir}
    )
    (prepared,) = prepare(settings, [describe_project(TINY)], lambda _: None)
    assert prepared.state == "ready", prepared.message
    return Parsed(PARSED, data_dir)


@pytest.fixture
def project_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tiny project with a warehouse of its own."""
    monkeypatch.setenv("DBT_TINY_DUCKDB", str(tmp_path / "tiny.duckdb"))
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


@pytest.fixture
def shared(
    postgres_url: str, parsed: Parsed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    name = f"job_{abs(hash(tmp_path))}"
    run_sql(postgres_url, f"create database {name} template {parsed.template}")
    url = database_address(postgres_url, name)
    settings = Settings.model_validate(
        {"DATABASE_URL": url, "WORKBENCH_DATA": shutil.copytree(parsed.data_dir, tmp_path / "data")}
    )
    db = Database(make_engine(url, pool_size=3))
    services = Services(settings, db, ArtifactStore(settings.data_dir))
    monkeypatch.setattr(command, "services", lambda: services)
    yield services
    db.dispose()
    run_sql(postgres_url, f"drop database {name} with (force)")


@pytest.fixture
def workspace(shared: Services, project_dir: Path) -> Workspace:
    """The workspace of the copied project."""
    with shared.db.session() as session:
        found = workspaces.require(session, "tiny")
        found.project_dir = found.profiles_dir = str(project_dir)
        return found


@pytest.fixture
def ticking(
    db: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ticking]:
    """Dagster's scheduler and sensors over a workspace of ours, at times that the test sets."""
    settings = Settings.model_validate({"DATABASE_URL": database_url, "WORKBENCH_DATA": tmp_path})
    services = Services(settings, db, ArtifactStore(tmp_path))
    with a_ticking(services, tmp_path, monkeypatch) as found:
        yield found
