"""The commands of `workbench`, with their imports. Each returns the exit code."""

import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from core.kit.errors import Invalid, WorkbenchError
from core.kit.settings import Settings
from deploy.local import checks
from deploy.local.errors import CannotStart
from deploy.local.layout import WEB_APP, DataFolder
from deploy.local.lock import Running, running_on
from deploy.local.probes import http_json
from deploy.local.progress import Progress
from deploy.local.up import Wishes, resolve_settings, up

NOT_READY, USAGE = 1, 2
LAST_PORT = 65535


def run_up(wishes: Wishes) -> int:
    """`workbench up`."""

    def start() -> int:
        _check_port_number(wishes.port)
        return up(wishes)

    return _told(start)


def run_status(data: Path | None) -> int:
    """`workbench status`."""

    def look() -> int:
        folder = DataFolder(resolve_settings(Wishes(data=data)).data_dir)
        running = running_on(folder.lock_file)
        if running is None:
            print(f"Nothing runs on {folder.root}.")
            return NOT_READY
        return _report(running)

    return _told(look)


def run_check(data: Path | None, port: int | None) -> int:
    """`workbench check`."""

    def look() -> int:
        _check_port_number(port)
        settings = resolve_settings(Wishes(data=data, port=port))
        folder = DataFolder(settings.data_dir)
        progress = Progress()
        progress.part("settings", "ok")
        questions: list[tuple[str, Callable[[], None]]] = [
            ("installation", checks.check_installation),
            ("data folder", lambda: checks.check_data_folder(folder)),
            ("disk", lambda: checks.check_disk(folder.root)),
            ("port", lambda: checks.check_port(settings.port, settings.host)),
            ("web app", _check_web_app),
            *([("database", lambda: _check_database(settings))] if settings.database_url else []),
        ]
        return max([_answer(progress, name, question) for name, question in questions], default=0)

    return _told(look)


def run_reset_password(data: Path | None, username: str) -> int:
    """`workbench admin reset-password`."""

    def reset() -> int:
        from deploy.local.admin import reset_password

        password = reset_password(resolve_settings(Wishes(data=data)), username)
        print(f"The password of {username} is now {password} (shown only this once).")
        print("Every session of this account has ended.")
        return 0

    return _told(reset)


def run_rotate_keys(data: Path | None) -> int:
    """`workbench admin rotate-keys`."""

    def rotate() -> int:
        from deploy.local.admin import rotate_keys

        rotate_keys(resolve_settings(Wishes(data=data)))
        print("A new key signs access tokens now; those of the former one are taken until they expire.")
        return 0

    return _told(rotate)


def run_rotate_encryption(data: Path | None) -> int:
    """`workbench admin rotate-encryption`."""

    def rotate() -> int:
        from deploy.local.admin import rotate_encryption

        count = rotate_encryption(resolve_settings(Wishes(data=data)))
        print(f"Secrets that were encrypted anew: {count}.")
        return 0

    return _told(rotate)


Where = tuple[str | None, str | None, str | None, str]


def run_push(
    where: Where, folder: Path, environment: str | None, label: str, seconds: float | None, *, create: bool
) -> int:
    """`workbench artifacts push`."""
    from deploy.cli import artifacts

    wanted = artifacts.Push(folder, environment, create, label, seconds)
    return artifacts.told(lambda: artifacts.push(artifacts.instance_from(*where), wanted))


def run_list_drops(where: Where, state: str | None, limit: int) -> int:
    """`workbench artifacts list`."""
    from deploy.cli import artifacts

    return artifacts.told(lambda: artifacts.list_drops(artifacts.instance_from(*where), state, limit))


def _told(command: Callable[[], int]) -> int:
    """Run a command; a refusal becomes one sentence on standard error and its exit code."""
    try:
        return command()
    except WorkbenchError as error:
        print(error.message, file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        return _exit_code(error)
    except KeyboardInterrupt:
        return 130


def _exit_code(error: WorkbenchError) -> int:
    if isinstance(error, CannotStart):
        return error.exit_code
    return USAGE if isinstance(error, Invalid) else 1


def _check_port_number(port: int | None) -> None:
    if port is not None and not 0 < port <= LAST_PORT:
        raise Invalid(f"--port {port}: choose a port from 1 to {LAST_PORT}.")


def _report(running: Running) -> int:
    print(f"Running: process {running.pid}, {running.address}, since {running.started_at}")
    progress = Progress()
    for name, service in running.services.items():
        progress.part(name, str(service.get("state")), note=f"process {service.get('pid')}")
    at = urlsplit(running.address)
    status, body = http_json(at.port or 0, "/health/ready", host=at.hostname or checks.HOST)
    for part in body.get("checks", ()):
        said = str(part.get("message") or "").partition("\n")[0]
        progress.part(str(part.get("name")), str(part.get("status")), note=said)
    print("Ready" if status == 200 else "Not ready")
    return 0 if status == 200 else NOT_READY


def _answer(progress: Progress, name: str, question: Callable[[], None]) -> int:
    try:
        question()
    except CannotStart as error:
        progress.part(name, "failed", note=f"{error.message} {error.hint or ''}".strip())
        return error.exit_code
    progress.part(name, "ok")
    return 0


def _check_web_app() -> None:
    if not WEB_APP.is_file():
        raise CannotStart("The web app is not built.", hint="Run `make web`.")


def _check_database(settings: Settings) -> None:
    from deploy.local.database import check_database

    owner = settings.database_owner_url
    if settings.database_url:
        check_database(settings.database_url, owner.get_secret_value() if owner else None)
