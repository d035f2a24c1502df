"""`python -m bench.schedule_faults`: break what ticks, and what takes messages, and see what becomes of it.

Jobs are due every minute. Whatever is killed, doubled or away for a while: each minute of each of them must
have come to exactly one run, each run to an end, and every trigger must be told as live again. Receivers of
messages hang, refuse and answer with errors: each message must arrive once they take it. Prints a table; the
exit code says whether all of it held. A step of the clock is tested with Dagster's scheduler and a clock of
the test (tests/orchestration/test_schedule_ticks.py): the clock of this machine is not ours to move.
"""

import base64
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
from aiosmtpd.controller import Controller

from bench.faults import Product, product_of
from bench.stack import free_port
from deploy.local.layout import REPOSITORY, WORKSPACE_YAML

JOBS: Final = 4
AWAY: Final = 120.0
MINUTE: Final = timedelta(minutes=1)
# A daemon that was killed is started again, loads everything, and makes up for the tick.
PATIENCE: Final = 150.0
ADDRESS: Final = "127.0.0.1"
# A try is over, and noted, some seconds after it began; the next one is not due by then.
QUICK: Final = {"NOTIFICATIONS_TIMEOUT_SECONDS": "2", "NOTIFICATIONS_RETRY_SECONDS": "8"}
TRIED_SECONDS: Final = 5.0
RUNS: Final = """
select t.value, d.value, r.status from dagster.runs r
join dagster.run_tags t on t.run_id = r.run_id and t.key = 'workbench/trigger'
join dagster.run_tags d on d.run_id = r.run_id and d.key = 'workbench/due'
"""
DECIDED: Final = "select count(*) from workbench.job_due_times where due_at = %s"
ENDED: Final = {"SUCCESS", "FAILURE", "CANCELED"}


@dataclass
class Clockwork:
    """A product whose jobs are due every minute, and what has become of each minute."""

    product: Product
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    triggers: dict[str, int] = field(default_factory=dict[str, int])

    def make_jobs(self) -> None:
        """The jobs; then wait until all of them are live."""
        for number in range(JOBS):
            body = {
                "name": f"Job {number}",
                "key": f"job_{number}",
                "steps": [{"command": "ls"}],
                "overlap": "allow",
                "triggers": [{"kind": "cron", "expression": "* * * * *", "timezone": "UTC"}],
            }
            made = _until(lambda body=body: self.product.ask("POST", "/jobs", json=body), 30)
            self.triggers[made["key"]] = made["triggers"][0]["id"]
        _until(self.is_live, PATIENCE)
        self.began = datetime.now(UTC)

    def is_live(self) -> bool:
        """Whether every trigger is told as live."""
        jobs = (self.product.ask("GET", "/jobs") or {}).get("items", [])
        return len(jobs) == JOBS and all(job["state"] == "live" for job in jobs)

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the product's database."""
        with psycopg.connect(self.environment("dagster-daemon")["DATABASE_URL"]) as connection:
            return connection.execute(query, values).fetchall()  # pyright: ignore[reportArgumentType] - ours

    def environment(self, service: str) -> dict[str, str]:
        """What a service was started with."""
        return psutil.Process(self.product.service(service)).environ()

    def wait_for_tick(self) -> datetime:
        """Until the next minute is being ticked: some of its triggers are decided, not all of them."""
        minute = datetime.now(UTC).replace(second=0, microsecond=0) + MINUTE
        time.sleep(max(0.0, (minute - datetime.now(UTC)).total_seconds()))
        _until(lambda: self.ask(DECIDED, minute)[0][0], 60, every=0.01)
        return minute

    def wait_a_minute(self) -> datetime:
        """Until a whole minute has gone by undisturbed: the minute after the next begins."""
        minute = datetime.now(UTC).replace(second=0, microsecond=0) + MINUTE
        time.sleep(max(0.0, (minute + MINUTE / 6 - datetime.now(UTC)).total_seconds()))
        return minute

    def found(self) -> dict[tuple[int, datetime], list[str]]:
        """The states of the runs of each due time of each trigger."""
        runs: dict[tuple[int, datetime], list[str]] = {}
        for trigger, due, status in self.ask(RUNS):
            runs.setdefault((int(trigger), datetime.fromisoformat(due)), []).append(status)
        return runs

    def wanted(self, since: datetime, until: datetime) -> list[tuple[int, datetime]]:
        """Every due time of every trigger after `since` and until `until`."""
        first = since.replace(second=0, microsecond=0) + MINUTE
        count = int((until - first) / MINUTE) + 1
        return [(one, first + MINUTE * at) for at in range(count) for one in self.triggers.values()]


@dataclass(frozen=True)
class Outcome:
    """What became of the minutes of a fault, or of its messages."""

    fault: str
    due: int
    runs: int
    problems: Sequence[str]
    seconds: float


def minutes_of(clockwork: Clockwork, name: str, strike: Callable[[Clockwork], datetime]) -> Outcome:
    """Strike; then follow each due time from before it until the time that it returns."""
    began, since = time.monotonic(), datetime.now(UTC)
    until = strike(clockwork)
    wanted = clockwork.wanted(since, until)
    settled = _until(lambda: _are_over(clockwork, wanted), PATIENCE, give_up=True)
    live = _until(clockwork.is_live, 60, give_up=True)
    found = clockwork.found()
    states = {due: found.get(due, []) for due in wanted}
    lost = sum(not runs for runs in states.values())
    doubled = sum(len(runs) > 1 for runs in states.values())
    ended = [status for runs in states.values() for status in runs]
    wrong = [
        (bool(lost), f"{lost} due times without a run"),
        (bool(doubled), f"{doubled} due times with more than one run"),
        (not settled, "runs that do not end"),
        (any(status != "SUCCESS" for status in ended), "runs that did not succeed"),
        (not live, "triggers that are not told as live"),
    ]
    problems = [said for is_wrong, said in wrong if is_wrong]
    return Outcome(name, len(wanted), len(ended), problems, time.monotonic() - began)


def _are_over(clockwork: Clockwork, wanted: Sequence[tuple[int, datetime]]) -> bool:
    found = clockwork.found()
    return all(found.get(due) and ENDED.issuperset(found[due]) for due in wanted)


def daemon_in_a_tick(clockwork: Clockwork) -> datetime:
    """The daemon ends after it began to tick a minute."""
    clockwork.wait_for_tick()
    os.kill(clockwork.product.service("dagster-daemon"), signal.SIGKILL)
    return clockwork.wait_a_minute()


def code_server_in_a_tick(clockwork: Clockwork) -> datetime:
    """What evaluates the tick ends after it began."""
    clockwork.wait_for_tick()
    os.kill(clockwork.product.service("code-server"), signal.SIGKILL)
    return clockwork.wait_a_minute()


def two_daemons(clockwork: Clockwork) -> datetime:
    """A second one beside the first for a minute; then the first is killed, the second told to end."""
    words = [sys.executable, "-m", "orchestration.daemon", str(WORKSPACE_YAML)]
    environment = clockwork.environment("dagster-daemon")
    second = subprocess.Popen(
        words,
        env=environment,
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        clockwork.wait_a_minute()
        os.kill(clockwork.product.service("dagster-daemon"), signal.SIGKILL)
        clockwork.wait_a_minute()
        if second.poll() is not None:
            raise RuntimeError(f"the second daemon ended with {second.returncode}")
    finally:
        second.terminate()
        second.wait(60)
    return clockwork.wait_a_minute()


def database_away(clockwork: Clockwork) -> datetime:
    """PostgreSQL ends at once, and nobody starts it again for two minutes."""
    postgres = clockwork.product.postgres()
    keeper = psutil.Process(clockwork.product.keeper())
    keeper.suspend()
    try:
        # Its immediate shutdown: no checkpoint, no farewell.
        os.kill(postgres, signal.SIGQUIT)
        time.sleep(AWAY)
    finally:
        keeper.resume()
    return clockwork.wait_a_minute()


def api_in_a_reload(clockwork: Clockwork) -> datetime:
    """A trigger is changed, and the API ends before the definitions have been loaded anew."""
    key = next(iter(clockwork.triggers))
    trigger = {"id": clockwork.triggers[key], "kind": "cron", "expression": "*/1 * * * *", "timezone": "UTC"}
    _until(lambda: clockwork.product.ask("PATCH", f"/jobs/{key}", json={"triggers": [trigger]}), 30)
    os.kill(clockwork.product.service("api"), signal.SIGKILL)
    return clockwork.wait_a_minute()


TICKS: Final[dict[str, Callable[[Clockwork], datetime]]] = {
    "daemon killed in a tick": daemon_in_a_tick,
    "code server killed in a tick": code_server_in_a_tick,
    "two daemons, the first killed": two_daemons,
    "database away for two minutes": database_away,
    "API killed in a reload": api_in_a_reload,
}


class Receiver:
    """One address that hangs, then refuses, then answers with an error, then takes what comes."""

    def __init__(self, serve: Callable[["Receiver"], Any]) -> None:
        self.port = free_port()
        self.taken = 0
        self.good = False
        self._serve = serve

    @contextmanager
    def hanging(self) -> Generator[None]:
        """Connections are made, and nothing is said."""
        with socket.create_server((ADDRESS, self.port)):
            yield

    @contextmanager
    def serving(self, *, good: bool) -> Generator[None]:
        """Every message is taken, or none."""
        self.good = good
        with self._serve(self):
            yield


@contextmanager
def _web(receiver: Receiver) -> Generator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            receiver.taken += receiver.good
            self.send_response(204 if receiver.good else 500)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
            """Say nothing."""

    server = HTTPServer((ADDRESS, receiver.port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _mail(receiver: Receiver) -> Generator[None]:
    class Handler:
        async def handle_DATA(self, *_said: Any) -> str:  # noqa: N802 - its name
            receiver.taken += receiver.good
            return "250 OK" if receiver.good else "451 Try again later"

    controller = Controller(Handler(), hostname=ADDRESS, port=receiver.port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def messages_of(product: Product, name: str, receiver: Receiver, channel: dict[str, Any]) -> Outcome:
    """Let a run be told, and bring its message through every fault of the receiver."""
    began = time.monotonic()
    base = "/notifications"
    made = _until(lambda: product.ask("POST", f"{base}/channels", json={"name": name, **channel}), 30)
    rule = {"name": name, "events": ["run_succeeded"], "channels": [made["id"]]}
    with receiver.hanging():
        rule_id = _until(lambda: product.ask("POST", f"{base}/rules", json=rule), 30)["id"]
        product.ended(product.start([{"command": "ls"}]), 60)
        _attempted(product, name, 1)
        product.ask("PATCH", f"{base}/rules/{rule_id}", json={"enabled": False})
    _attempted(product, name, 2)
    with receiver.serving(good=False):
        _attempted(product, name, 3)
    with receiver.serving(good=True):
        delivery = _attempted(product, name, 4)
    wrong = [
        (delivery["state"] != "delivered", f"it is {delivery['state']}: {delivery['last_error']}"),
        (receiver.taken != 1, f"it was taken {receiver.taken} times"),
    ]
    problems = [said for is_wrong, said in wrong if is_wrong]
    return Outcome(name, 1, receiver.taken, problems, time.monotonic() - began)


def _attempted(product: Product, channel: str, attempts: int) -> dict[str, Any]:
    """The delivery once it has been tried so often, and how that went is noted."""

    def found() -> dict[str, Any] | None:
        items = (product.ask("GET", "/notifications/deliveries") or {}).get("items", [])
        ours = [item for item in items if item["channel"] == channel and item["attempts"] >= attempts]
        return next(iter(ours), None)

    _until(found, PATIENCE)
    time.sleep(TRIED_SECONDS)
    return _until(found, PATIENCE)


def _until(answer: Callable[[], Any], seconds: float, *, give_up: bool = False, every: float = 0.3) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := answer():
            return found
        time.sleep(every)
    if give_up:
        return None
    raise TimeoutError(f"nothing came within {seconds:.0f} s")


def outcomes(product: Product, mail: Receiver) -> Iterator[Outcome]:
    """Every fault, one at a time."""
    clockwork = Clockwork(product)
    clockwork.make_jobs()
    for name, strike in TICKS.items():
        yield minutes_of(clockwork, name, strike)
    for key in clockwork.triggers:
        product.ask("PATCH", f"/jobs/{key}", json={"archived": True})
    hook = Receiver(_web)
    secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
    address = {"kind": "webhook", "url": f"http://{ADDRESS}:{hook.port}/", "secret": secret}
    yield messages_of(product, "webhook: hangs, refuses, 500", hook, address)
    yield messages_of(
        product, "SMTP: hangs, refuses, 451", mail, {"kind": "email", "recipients": ["team@example.org"]}
    )


def main() -> int:
    """Strike with every fault. Returns 1 if anything was not as it must be."""
    mail = Receiver(_mail)
    os.environ.update(QUICK)
    os.environ["NOTIFICATIONS_SMTP_HOST"], os.environ["NOTIFICATIONS_SMTP_PORT"] = ADDRESS, str(mail.port)
    os.environ["NOTIFICATIONS_SMTP_SECURITY"] = "none"
    os.environ["NOTIFICATIONS_SMTP_FROM"] = "workbench@example.org"
    print(f"{'fault':<32} {'due':>4} {'came':>5} {'in all':>9}  verdict", flush=True)
    bad = 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wbfaults")))
        product = stack.enter_context(product_of(folder))
        for one in outcomes(product, mail):
            bad += bool(one.problems)
            said = "; ".join(one.problems) or "ok"
            print(f"{one.fault:<32} {one.due:>4} {one.runs:>5} {one.seconds:7.0f} s  {said}", flush=True)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
