"""Naming a run's process so that others can tell whether it still lives."""

import os
import socket

import psutil

WORKER_TAG = "workbench/worker"


def host() -> str:
    """The name of this machine, or container."""
    return socket.gethostname()


def this_worker() -> str:
    """Host, process id and start of this process: ids are used again, starts are not."""
    return worker_of(os.getpid())


def worker_of(pid: int) -> str:
    """The same of another process of this machine.

    Raises:
        psutil.NoSuchProcess: there is none.
    """
    return f"{host()}:{pid}:{psutil.Process(pid).create_time():.2f}"


def is_alive(worker: str) -> bool | None:
    """Whether the process that `this_worker` named still runs; None when it is on another machine."""
    machine, _ = worker.split(":", 1)
    if machine != host():
        return None
    return process_of(worker) is not None


def process_of(worker: str) -> psutil.Process | None:
    """The process that `this_worker` named, if it runs on this machine."""
    machine, pid, started = worker.rsplit(":", 2)
    if machine != host():
        return None
    try:
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(started)) < 1
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
