import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import guard
from deploy.local.guard import Guard
from deploy.local.process import wait_until

SUPERVISOR = """
import subprocess, time
from pathlib import Path
from deploy.local import guard
guard.SCRIPT = guard.SCRIPT.replace("sleep 3", "sleep 0.1")
children = [subprocess.Popen(["sleep", "600"], start_new_session=True) for _ in range(3)]
watch = guard.Guard(Path("/dev/null"))
watch.protect([children[0].pid, children[1].pid])
watch.protect([children[1].pid, children[2].pid])
print(*[child.pid for child in children], flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_runs_when_the_supervisor_is_killed_is_ended_and_nothing_else() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR], stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        former, one, other = map(int, supervisor.stdout.readline().split())
        supervisor.kill()
    assert wait_until(lambda: not alive(one) and not alive(other), 5)
    assert alive(former)
    os.kill(former, 9)


def test_a_guard_that_is_dismissed_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "SCRIPT", guard.SCRIPT.replace("sleep 3", "sleep 0"))
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as child:
        watch = Guard(Path("/dev/null"))
        watch.protect([child.pid])
        watch.dismiss()
        assert child.poll() is None
        child.kill()
