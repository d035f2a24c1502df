"""`python -m tests.orchestration.warm_dbt FD`: loads dbt, then forks it for whoever asks on this socket."""

import socket
import sys

from orchestration.launcher.warmth import run_dbt, warm_up
from orchestration.lib.children import serve

if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        warm_up()
        serve(channel, run_dbt, "tests")
