"""What a start is made of, in the terms of `parts`: commands, what each needs, how each says it is ready."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path

from core.kit.settings import Settings
from deploy.local import checks, dagster_home, probes
from deploy.local.accounts import Accounts
from deploy.local.checks import HOST
from deploy.local.environment import (
    DAGSTER_PATH,
    Addresses,
    api_environment,
    child_environment,
    tables_environment,
)
from deploy.local.layout import REPOSITORY, WORKSPACE_YAML, DataFolder
from deploy.local.parts import Gate, InProcess, Once, Part, Service
from deploy.local.process import Child

API, WEBSERVER, DAEMON, CODE_SERVER = "api", "dagster-webserver", "dagster-daemon", "code-server"
RUN_SERVER = "run-server"
MIGRATIONS, ACCOUNTS, TABLES, PROJECTS = "migrations", "accounts", "dagster-tables", "projects"
ALL = "workbench"
ENOUGH_CORES = 4


class Stack:
    """The parts of one start, composed once the database answers."""

    def __init__(
        self,
        settings: Settings,
        data: DataFolder,
        addresses: Addresses,
        projects: Sequence[Path],
        *,
        demo: bool,
        accounts: Accounts | None = None,
    ) -> None:
        self._settings = settings.model_copy(update={"database_url": addresses.database_url})
        self._data = data
        self._addresses = addresses
        self._projects = projects
        self._demo = demo
        self._accounts = accounts
        self._environment = child_environment(settings, data, addresses)

    def parts(self) -> list[Part]:
        """Every part. Of those that can be started at the same time, the slowest come first."""
        code_server = self._code_server()
        return [
            InProcess(MIGRATIONS, self._migrate),
            *([InProcess(ACCOUNTS, self._accounts.prepare, (MIGRATIONS,))] if self._accounts else []),
            self._tables(),
            self._prepare_projects(code_server),
            code_server,
            self._api(),
            self._webserver(),
            self._daemon(),
            self._run_server(),
            Gate(ALL, partial(self._answers, "/health/ready"), (API, WEBSERVER, CODE_SERVER)),
        ]

    def _migrate(self) -> str:
        from core.schema import migrate

        migrate(self._addresses.owner_url, app_role=self._addresses.app_role)
        return ""

    def _tables(self) -> Once:
        """Once, as their owner, before several services would race to make them."""
        environment = tables_environment(self._environment, self._addresses)
        spawn = self._spawner(TABLES, [sys.executable, "-m", "deploy.local.init_dagster"], environment)
        return Once(TABLES, spawn, (MIGRATIONS,), spare=self._tables_are_current, note=self._remember_tables)

    def _tables_are_current(self) -> str | None:
        places = (self._addresses.owner_url, self._addresses.database_url)
        return "unchanged" if dagster_home.tables_are_current(self._data, *places) else None

    def _remember_tables(self) -> str:
        places = (self._addresses.owner_url, self._addresses.database_url)
        dagster_home.remember_tables(self._data, *places)
        return ""

    def _prepare_projects(self, code_server: Service) -> Once:
        result = self._data.root / "projects.json"
        command = [sys.executable, "-m", "deploy.local.projects", "--result", str(result)]
        command += [word for folder in self._projects for word in ("--project", str(folder))]
        command += [] if self._demo else ["--no-demo"]

        def note() -> str:
            code_server.release()
            return _describe_projects(result)

        spawn = self._spawner(PROJECTS, command, before=code_server.hold)
        return Once(PROJECTS, spawn, (MIGRATIONS,), spare=self._unchanged_projects, note=note)

    def _unchanged_projects(self) -> str | None:
        from deploy.local.projects import requests, unchanged

        keys = unchanged(self._settings, requests(self._projects, demo=self._demo))
        return None if keys is None else ", ".join(f"{key} unchanged" for key in keys)

    def _code_server(self) -> Service:
        """Why `dagster code-server` and not the quicker `dagster api grpc`: only it can reload.

        It starts the changed code in a new process and keeps the old one until the runs in it have ended.

        It takes longest, most of it imports. From the second start on it begins at once, in the hope that no
        project has changed; when one has, it is held until the project is parsed.
        """
        needs = () if self._tables_are_current() else (TABLES, PROJECTS)
        socket = self._data.code_socket
        command = [sys.executable, "-m", "dagster", "code-server", "start", "--socket", str(socket)]
        command += ["--location-name", "workbench", "-m", "orchestration.definitions", "-d", str(REPOSITORY)]
        spawn = self._spawner(CODE_SERVER, command, before=lambda: socket.unlink(missing_ok=True))
        # It outlives the process in which it holds the definitions, and then answers nothing for ever.
        ready = partial(probes.socket_accepts, socket)
        return Service(CODE_SERVER, spawn, ready, needs, whole=probes.has_children, mend=self._reload)

    def _reload(self) -> None:
        from orchestration.lib.reload import request_reload

        request_reload(self._addresses.webserver)

    def _run_server(self) -> Service:
        """Last: the address is good without it, and a run that is asked for before waits in the queue."""
        socket = self._data.run_socket
        command = [sys.executable, "-m", "orchestration.launcher.server", str(socket)]
        spawn = self._spawner(RUN_SERVER, command)
        ready = partial(probes.answers_ping, socket)
        return Service(RUN_SERVER, spawn, ready, (ALL,), holds_up=False, is_outlived=True)

    def _api(self) -> Service:
        command = [sys.executable, "-m", "api.serve"]
        spawn = self._spawner(API, command, api_environment(self._environment, self._settings))
        return Service(API, spawn, partial(self._answers, "/health"))

    def _webserver(self) -> Service:
        port = self._addresses.webserver_port
        command = [sys.executable, "-m", "dagster_webserver", "-h", HOST, "-p", str(port)]
        command += ["--path-prefix", DAGSTER_PATH, "-w", str(WORKSPACE_YAML)]
        ready = partial(_is_ok, port, f"{DAGSTER_PATH}/server_info")
        return Service(WEBSERVER, self._spawner(WEBSERVER, command), ready, (TABLES, *_after(API)))

    def _daemon(self) -> Service:
        command = [sys.executable, "-m", "orchestration.daemon", str(WORKSPACE_YAML)]
        ready = partial(probes.daemon_beats, self._addresses.database_url, datetime.now(UTC))
        return Service(DAEMON, self._spawner(DAEMON, command), ready, (TABLES, *_after(WEBSERVER)))

    def _spawner(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        before: Callable[[], object] = lambda: None,
    ) -> Callable[[], Child]:
        def spawn() -> Child:
            before()
            return Child(command, environment or self._environment, REPOSITORY, self._data.log(name))

        return spawn

    def _answers(self, path: str) -> bool:
        return _is_ok(self._settings.port, path, checks.reachable(self._settings.host))


def _after(name: str) -> Sequence[str]:
    """With two cores, the code server has one for itself: it takes longest. The others share the second."""
    return (name,) if (os.cpu_count() or 1) < ENOUGH_CORES else ()


def _is_ok(port: int, path: str, host: str = HOST) -> bool:
    return probes.http_status(port, path, host) == HTTPStatus.OK


def _describe_projects(result: Path) -> str:
    return ", ".join(_in_words(project) for project in json.loads(result.read_text()))


def _in_words(project: Mapping[str, str | bool]) -> str:
    if project["state"] == "broken":
        return f"{project['key']} broken (its page says why)"
    return f"{project['key']} {'parsed' if project['parsed'] else 'unchanged'}"
