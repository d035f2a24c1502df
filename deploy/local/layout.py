"""Where things are: in the clone, and in the data folder."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DAGSTER_YAML = REPOSITORY / "dagster.yaml"
WORKSPACE_YAML = REPOSITORY / "workspace.yaml"
DEMO_KEY = "city_bikes"
DEMO_PROJECT = REPOSITORY / "dbt_projects" / DEMO_KEY
WEB_APP = REPOSITORY / "ui_extensions" / "dist" / "index.html"

# The kernel takes 107 bytes; gRPC and Dagster put a scheme or a suffix on it here and there.
LONGEST_SOCKET = 95

# What the services keep: everything of every workspace. Started by root, the folder around them is open,
# since the database's own user has to get through.
SERVICES_FOLDERS = ("artifacts", "drops", "parse", "runs")


@dataclass(frozen=True)
class DataFolder:
    """Everything that `workbench up` keeps, under one folder."""

    root: Path

    @property
    def lock_file(self) -> Path:
        """Held while a supervisor runs; says which."""
        return self.root / "workbench.lock"

    @property
    def postgres(self) -> Path:
        """The embedded server's files."""
        return self.root / "postgres"

    @property
    def postgres_secrets(self) -> Path:
        """The passwords of the embedded server's roles."""
        return self.root / "postgres.json"

    @property
    def dagster_home(self) -> Path:
        """Dagster's home: its configuration, local artifacts and compute logs."""
        return self.root / "dagster"

    @property
    def initialised(self) -> Path:
        """Which version of Dagster last made or upgraded its tables."""
        return self.dagster_home / "initialised.json"

    @property
    def logs(self) -> Path:
        """One log file a service."""
        return self.root / "logs"

    @property
    def warehouses(self) -> Path:
        """DuckDB files of the demo."""
        return self.root / "warehouses"

    def log(self, service: str) -> Path:
        """The log file of a service."""
        return self.logs / f"{service}.log"

    @property
    def code_socket(self) -> Path:
        """The code server's Unix socket, under /tmp when its path would be too long."""
        return self._socket("code.sock")

    @property
    def run_socket(self) -> Path:
        """The run server's Unix socket."""
        return self._socket("runs.sock")

    def _socket(self, file: str) -> Path:
        near = self.dagster_home / file
        if len(os.fsencode(near)) <= LONGEST_SOCKET:
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"workbench-{os.getuid()}-{name}" / file

    def create(self) -> None:
        """Make the folders that are missing, closed to other users.

        Raises:
            OSError: it cannot be done.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        of_services = (self.root / name for name in SERVICES_FOLDERS)
        for folder in (self.dagster_home, self.logs, self.warehouses, self.code_socket.parent, *of_services):
            folder.mkdir(mode=0o700, exist_ok=True)
