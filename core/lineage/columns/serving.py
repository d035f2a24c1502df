"""What a process that reads SQL for another one does."""

import contextlib
import gc
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

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


def serve(connection: Connection, work: Work, others: Sequence[Connection] = ()) -> None:
    """What a process does: say that it is there, and answer questions until there are no more.

    `others` are ends of connections that a fork brought along: as long as this process held them, no process
    would see that the one which asks has ended.
    """
    for other in others:
        other.close()
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
