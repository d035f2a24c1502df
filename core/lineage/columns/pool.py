"""Processes that compute lineage, one node each at a time, and are ended when one takes too long."""

import contextlib
import gc
import logging
import math
import multiprocessing
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final, Self

from sqlglot.dialects.dialect import Dialect

from core.lineage.columns.cache import Question
from core.lineage.columns.engine import trace
from core.lineage.columns.values import QueryLineage, Status

# Deep nesting needs a deep stack; it is address space until it is used.
_STACK: Final = 512 * 1024 * 1024
_MAX_SQL: Final = 20 * 1024 * 1024
# Characters of SQL whose trees may wait in memory to be cleared away together.
_COLLECT_AFTER: Final = 150_000


@dataclass(frozen=True)
class Answer:
    """An outcome, and what it took. `final`: asking again would give the same."""

    lineage: QueryLineage
    seconds: float
    final: bool = True


def answer(question: Question) -> Answer:
    """Compute the lineage that is asked for, in this thread."""
    began = time.perf_counter()
    if len(question.sql) > _MAX_SQL:
        size = f"the SQL is larger than {_MAX_SQL // 1024 // 1024} MB"
        return Answer(QueryLineage(Status.UNKNOWN, size), 0.0)
    lineage = trace(question.sql, question.dialect, question.relations, question.stand_ins)
    return Answer(lineage, time.perf_counter() - began)


Work = Callable[[Question], Answer]


def with_deep_stack(work: "threading.Thread") -> None:
    """Run a thread whose stack carries deep nesting, and wait for its end."""
    before = threading.stack_size(_STACK)
    try:
        work.start()
    finally:
        threading.stack_size(before)
    work.join()


def prepare(dialect: str) -> None:
    """Import what a dialect needs, before there are processes that would all have to."""
    with contextlib.suppress(ValueError):  # A dialect that there is not is a reason of each node.
        Dialect.get_or_raise(dialect or None).tokenize("SELECT 1")


def _serve(connection: Connection, work: Work) -> None:
    """What a process does: say that it is there, and answer questions until there are no more."""
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    # Trees of SQL are many small objects that die together, when their question is answered.
    gc.freeze()
    gc.disable()
    connection.send(None)
    with_deep_stack(threading.Thread(target=_answer_all, args=(connection, work), daemon=True))


def _answer_all(connection: Connection, work: Work) -> None:
    read = 0
    while True:
        try:
            question: Question | None = connection.recv()
        except (EOFError, OSError):
            return
        if question is None:
            return
        connection.send(work(question))
        read += len(question.sql)
        if read > _COLLECT_AFTER:
            read = 0
            gc.collect()


@dataclass
class _Worker:
    """A process; what it takes to start is not counted as time of its first task."""

    process: BaseProcess
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
        alone = threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("fork" if alone else "spawn")
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
            worker.connection.send(question)
            if worker.there:
                worker.deadline = time.monotonic() + self._seconds

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._work), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

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
