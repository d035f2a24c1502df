"""Processes that compute lineage, one node each at a time, and are ended when one takes too long."""

import contextlib
import math
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Protocol, Self

from core.lineage.columns.cache import Question
from core.lineage.columns.serving import Answer, Work, answer, serve
from core.lineage.columns.values import QueryLineage, Status


class _Process(Protocol):
    def kill(self) -> None: ...

    def join(self) -> None: ...


class _Program:
    """A process that begins from nothing, with nothing of this one but its end of a connection.

    multiprocessing's own way would import this process's main module: all of Dagster, for example.
    """

    def __init__(self, connection: Connection, work: Work) -> None:
        number = connection.fileno()
        name = f"{work.__module__}:{work.__qualname__}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.lineage.columns", str(number), name],
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            pass_fds=[number],
        )

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def join(self) -> None:
        """Wait for its end."""
        self._process.wait()


@dataclass
class _Worker:
    """A process; what it takes to start is not counted as time of its first task."""

    process: _Process
    connection: Connection
    task: str = ""
    deadline: float = math.inf
    there: bool = False


class Pool:
    """As many processes as asked for, started when there is work. Use it as a context manager."""

    def __init__(self, workers: int, seconds: float, work: Work = answer) -> None:
        self._work = work
        self._limit = workers
        self._seconds = seconds
        # A fork of a process with threads may stop dead; without threads it saves the imports.
        self._alone = threading.active_count() == 1
        self._workers: list[_Worker] = []
        self._waiting: deque[tuple[str, Question]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        for worker in self._workers:
            worker.process.kill()
            worker.connection.close()
        for worker in self._workers:
            worker.process.join()
        self._workers = []

    def ask(self, task: str, question: Question) -> None:
        """Put a question to the next process that is free."""
        self._waiting.append((task, question))
        self._hand_out()

    def answers(self) -> Iterator[tuple[str, Answer]]:
        """Answers as they come, until all that was asked is answered; more may be asked meanwhile."""
        while self._waiting or any(worker.task for worker in self._workers):
            self._hand_out()
            busy = [worker for worker in self._workers if worker.task]
            rest = max(min(worker.deadline for worker in busy) - time.monotonic(), 0.0)
            ready = set(wait([worker.connection for worker in busy], None if rest == math.inf else rest))
            for worker in busy:
                if worker.connection in ready:
                    found = self._received(worker)
                    if found is not None:
                        yield found
                elif worker.deadline <= time.monotonic():
                    yield self._cut_off(worker, f"it took longer than {self._seconds:g} seconds")

    def _hand_out(self) -> None:
        while self._waiting:
            worker = next((worker for worker in self._workers if not worker.task), None)
            if worker is None:
                if len(self._workers) >= self._limit:
                    return
                worker = self._started()
            worker.task, question = self._waiting.popleft()
            # One that has just ended is noticed where its answer is awaited.
            with contextlib.suppress(OSError):
                worker.connection.send(question)
            if worker.there:
                worker.deadline = time.monotonic() + self._seconds

    def _started(self) -> _Worker:
        ours, theirs = _pipe()
        process = self._forked(ours, theirs) if self._alone else _Program(theirs, self._work)
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _forked(self, ours: Connection, theirs: Connection) -> _Process:
        others = [ours, *(worker.connection for worker in self._workers)]
        context = multiprocessing.get_context("fork")
        process = context.Process(target=serve, args=(theirs, self._work, others), daemon=True)
        process.start()
        return process

    def _received(self, worker: _Worker) -> tuple[str, Answer] | None:
        """An answer; nothing where the process only says that it is there."""
        try:
            found: Answer | None = worker.connection.recv()
        except (EOFError, OSError):
            return self._cut_off(worker, "the process that read it ended")
        if found is None:
            worker.there = True
            worker.deadline = time.monotonic() + self._seconds
            return None
        task, worker.task = worker.task, ""
        return task, found

    def _cut_off(self, worker: _Worker, reason: str) -> tuple[str, Answer]:
        worker.process.kill()
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)
        return worker.task, Answer(QueryLineage(Status.UNKNOWN, reason), self._seconds, final=False)


def _pipe() -> tuple[Connection, Connection]:
    return multiprocessing.Pipe()  # pyright: ignore[reportReturnType] - only Windows has another kind
