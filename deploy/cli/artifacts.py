"""`workbench artifacts`: bringing artifacts to an instance anywhere, and seeing what became of them.

What is sent is known to the server by its content, so sending it again is never wrong: every failure of
the line or of the server is simply tried again.
"""

import os
import random
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urlsplit

import httpx

OK, REFUSED, USAGE, UNREACHED, UNFINISHED = 0, 1, 2, 3, 4
NAMES: Final = ("manifest.json", "catalog.json", "run_results.json", "sources.json")
ATTEMPTS: Final = 6
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 60.0
POLL_SECONDS: Final = 1.0
PIECE: Final = 1 << 16
FORBIDDEN: Final = 403
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Instance:
    """Where to, and as whom."""

    url: str
    token: str | None
    workspace: str

    @property
    def artifacts(self) -> str:
        """The address of the workspace's artifacts."""
        return f"{self.url}/api/workspaces/{quote(self.workspace, safe='')}/artifacts"


@dataclass(frozen=True)
class Push:
    """What to send and how long to wait for its end; None: do not wait."""

    folder: Path
    environment: str | None = None
    create_environment: bool = False
    label: str = ""
    wait_seconds: float | None = 600


class Failed(Exception):
    """It did not work: what to say, and the exit code."""

    def __init__(self, code: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


@dataclass
class Screen:
    """A line that is written over on a terminal; elsewhere plain lines, and few of them."""

    out: Any = field(default_factory=lambda: sys.stderr)
    _open: bool = False
    _last: float = 0.0

    def progress(self, sent: int, total: int) -> None:
        """How much has been sent."""
        if not self.out.isatty() or time.monotonic() - self._last < 0.1:
            return
        self._last = time.monotonic()
        share = sent / total if total else 1
        bar = "#" * round(30 * share)
        self.out.write(f"\r[{bar:<30}] {share:4.0%} of {_size(total)}")
        self.out.flush()
        self._open = True

    def say(self, line: str) -> None:
        """A line of its own."""
        if self._open:
            self.out.write("\r\033[K")
            self._open = False
        print(line, file=self.out, flush=True)


def push(instance: Instance, wanted: Push) -> int:
    """Send the artifacts of a folder. Returns the exit code.

    Raises:
        Failed: it did not work.
    """
    screen = Screen()
    files = _files_in(wanted.folder)
    with _client(instance, screen) as client, tempfile.TemporaryFile() as packed:
        size = _pack(files, packed)
        names = ", ".join(path.name for path in files)
        screen.say(f"Sending {names} ({_size(size)} packed) to {instance.url}")
        drop = _send(client, instance, wanted, packed, size, screen)
        screen.say(f"Received as drop {drop['id']} for {drop['environment']}: {drop['state']}.")
        return OK if wanted.wait_seconds is None else _follow(client, instance, drop, wanted, screen)


def list_drops(instance: Instance, state: str | None, limit: int) -> int:
    """Print the latest drops. Returns the exit code.

    Raises:
        Failed: it did not work.
    """
    screen = Screen()
    query: dict[str, Any] = {"limit": limit, **({"state": state} if state else {})}
    with _client(instance, screen) as client:
        answer = _ask(lambda: client.get(f"{instance.artifacts}/drops", params=query), screen)
    for drop in answer.json()["items"]:
        columns = (drop["id"], drop["received_at"][:19], drop["environment"], drop["state"], drop["label"])
        print("\t".join(str(item) for item in columns))
        if drop["reason"]:
            print(f"\t{drop['reason']}")
    return OK


def told(command: Callable[[], int]) -> int:
    """Run a command; what did not work becomes a sentence on standard error and its exit code."""
    try:
        return command()
    except Failed as failed:
        print(f"{failed}", file=sys.stderr)
        if failed.hint:
            print(failed.hint, file=sys.stderr)
        return failed.code
    except KeyboardInterrupt:
        return 130


def _files_in(folder: Path) -> list[Path]:
    """The artifacts of a folder, or of target/ in it."""
    for place in (folder, folder / "target"):
        found = [place / name for name in NAMES if (place / name).is_file()]
        if found:
            return found
    raise Failed(
        USAGE,
        f"{folder} holds none of {', '.join(NAMES)}.",
        "Name the folder target/ of a dbt project after a dbt command has run.",
    )


def _pack(files: list[Path], out: BinaryIO) -> int:
    """A tar.gz of these files; its size."""
    try:
        with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
            for path in files:
                before = path.stat()
                archive.add(path.resolve(), arcname=f"target/{path.name}", recursive=False)
                after = path.stat()
                if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                    raise Failed(USAGE, f"{path} changed while it was read.", "Wait until dbt has ended.")
    except OSError as error:
        raise Failed(USAGE, f"The artifacts could not be read: {error}") from error
    return out.tell()


def _client(instance: Instance, screen: Screen) -> httpx.Client:
    address = urlsplit(instance.url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise Failed(USAGE, f"{instance.url!r} is no address such as https://workbench.example.org.")
    if instance.token and address.scheme == "http" and address.hostname not in LOOPBACK:
        screen.say("Warning: without https the token can be read on the way.")
    headers = {"authorization": f"Bearer {instance.token}"} if instance.token else {}
    return httpx.Client(headers=headers, timeout=httpx.Timeout(30, read=300))


def _send(
    client: httpx.Client, instance: Instance, wanted: Push, packed: BinaryIO, size: int, screen: Screen
) -> Mapping[str, Any]:
    query = {"label": wanted.label or str(wanted.folder), "create_environment": wanted.create_environment}
    if wanted.environment is not None:
        query["environment"] = wanted.environment
    headers = {"content-type": "application/gzip", "content-length": str(size)}

    def once() -> httpx.Response:
        body = _pieces(packed, size, screen)
        return client.post(instance.artifacts, params=query, headers=headers, content=body)

    return _ask(once, screen).json()


def _pieces(packed: BinaryIO, size: int, screen: Screen) -> Iterator[bytes]:
    packed.seek(0)
    sent = 0
    while piece := packed.read(PIECE):
        yield piece
        sent += len(piece)
        screen.progress(sent, size)


def _follow(
    client: httpx.Client, instance: Instance, drop: Mapping[str, Any], wanted: Push, screen: Screen
) -> int:
    """Wait for the end of a drop and say what it changed."""
    until = time.monotonic() + (wanted.wait_seconds or 0)
    address = f"{instance.artifacts}/drops/{drop['id']}"
    while True:
        answer = _ask(lambda: client.get(address), screen, fine=FORBIDDEN)
        if answer.status_code == FORBIDDEN:
            screen.say("Not waiting for its end: the token lacks the scope artifact:read.")
            return OK
        drop = answer.json()
        if drop["state"] not in {"waiting", "ingesting"}:
            return _conclude(instance, drop, screen)
        if time.monotonic() > until:
            raise Failed(UNFINISHED, f"Drop {drop['id']} is still {drop['state']}.", "It goes on without us.")
        time.sleep(POLL_SECONDS)


def _conclude(instance: Instance, drop: Mapping[str, Any], screen: Screen) -> int:
    if drop["state"] == "refused":
        raise Failed(REFUSED, f"Refused: {drop['reason']}", drop["hint"])
    if drop["state"] == "superseded":
        screen.say(f"Superseded: {drop['reason']}")
        return OK
    counts = {kind: sum(item[kind] for item in drop["records"]) for kind in ("added", "changed", "removed")}
    screen.say(f"Ingested: {', '.join(f'{count} {kind}' for kind, count in counts.items())}.")
    if drop["snapshot_id"] is not None:
        page = f"{instance.url}/w/{quote(instance.workspace, safe='')}/catalog"
        print(f"{page}?environment={quote(drop['environment'])}&snapshot={drop['snapshot_id']}")
    return OK


def _ask(request: Callable[[], httpx.Response], screen: Screen, *, fine: int | None = None) -> httpx.Response:
    """The answer; connections that fail, 429 and 5xx are tried again, ever more slowly.

    `fine` is a status that the caller can do something with.
    """
    problem = ""
    for attempt in range(ATTEMPTS):
        try:
            answer = request()
        except httpx.TransportError as error:
            problem, pause = f"{type(error).__name__}: {error}", None
        else:
            if answer.status_code != 429 and answer.status_code < 500:
                return answer if answer.status_code == fine else _checked(answer)
            problem, pause = _message(answer), _retry_after(answer)
        if attempt + 1 < ATTEMPTS:
            seconds = _pause(attempt) if pause is None else pause
            screen.say(f"{problem} Trying again in {seconds:.0f} s.")
            time.sleep(seconds)
    raise Failed(UNREACHED, f"The server could not be reached: {problem}")


def _pause(attempt: int) -> float:
    """Twice as long each time, from the first pause on, and a little different for everybody."""
    return min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt) * random.uniform(0.8, 1.2)  # noqa: S311


def _retry_after(answer: httpx.Response) -> float | None:
    told = answer.headers.get("retry-after", "")
    return min(LONGEST_PAUSE_SECONDS, float(told)) if told.isdecimal() else None


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        try:
            answer.json()
        except ValueError:
            message = f"{answer.url.host} answered something that is no JSON: is it the Workbench?"
            raise Failed(UNREACHED, message) from None
        return answer
    if answer.is_redirect:
        raise Failed(USAGE, f"The server is elsewhere: {answer.headers.get('location', '')}")
    error = _error(answer)
    raise Failed(REFUSED, f"Refused ({answer.status_code}): {_message(answer)}", error.get("hint"))


def _error(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        found = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _message(answer: httpx.Response) -> str:
    error = _error(answer)
    said = error.get("message") or f"The server answered {answer.status_code}."
    unsaid = [item for item in error.get("details", ()) if item["message"] not in said]
    return " ".join([said, *(f"{item['field']}: {item['message']}" for item in unsaid)])


def token_from(token: str | None, file: str | None) -> str | None:
    """The token: from a file, standard input (`-`), the option, or the environment.

    Raises:
        Failed: the file cannot be read.
    """
    if file is not None:
        try:
            text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Failed(USAGE, f"The token could not be read: {error}") from error
        return text.strip() or None
    if token is not None:
        print(
            "Warning: everybody on this machine sees --token in `ps`; better: WORKBENCH_TOKEN.",
            file=sys.stderr,
        )
    return token or os.environ.get("WORKBENCH_TOKEN") or None


def instance_from(url: str | None, token: str | None, token_file: str | None, workspace: str) -> Instance:
    """Where to and as whom, from options and environment.

    Raises:
        Failed: something is missing or cannot be read.
    """
    address = (url or os.environ.get("WORKBENCH_URL") or "").rstrip("/")
    if not address:
        raise Failed(USAGE, "Where to? Give --url, or set WORKBENCH_URL.")
    return Instance(address, token_from(token, token_file), workspace)


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 100_000 else f"{count / 1000:.1f} kB"
