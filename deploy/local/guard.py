"""A shell that waits for the end of the supervisor and clears up when it could not do so itself."""

import contextlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

# Lines on standard input name the process groups that run now. The input ends with the supervisor, even by
# `kill -9`; the kernel has sent SIGTERM to its children by then. Runs of dbt do not end by that, and Postgres
# has detached itself.
SCRIPT = """
while read -r line; do groups=$line; done
sleep 3
for group in $groups; do kill -s KILL -- "-$group"; done
kill -s INT "$(head -n 1 "$0")"
"""


class Guard:
    """Stops the given process groups, then the Postgres of the given pid file, once this process is gone."""

    def __init__(self, postmaster_pid_file: Path) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", SCRIPT, str(postmaster_pid_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Of the environment, which holds secrets, it needs the way to `sleep` and `head`.
            env={"PATH": os.environ.get("PATH", os.defpath)},
            start_new_session=True,
        )

    def protect(self, groups: Iterable[int]) -> None:
        """These process groups run now, and no others."""
        if self._shell.stdin is not None:
            with contextlib.suppress(OSError):
                self._shell.stdin.write(f"{' '.join(map(str, groups))}\n".encode())
                self._shell.stdin.flush()

    def dismiss(self) -> None:
        """Nothing is left to clear up."""
        self._shell.kill()
        self._shell.communicate()
