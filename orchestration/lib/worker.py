"""Naming a run's process so that others can tell whether it still lives."""

import os
import socket

import psutil

WORKER_TAG = "workbench/worker"


def this_worker() -> str:
    """Host, process id and start of this process: ids are used again, starts are not."""
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.2f}"


def is_alive(worker: str) -> bool | None:
    """Whether the process that `this_worker` named still runs; None when it is on another machine."""
    host, pid, started = worker.rsplit(":", 2)
    if host != socket.gethostname():
        return None
    try:
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(started)) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
