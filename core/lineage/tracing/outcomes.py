"""Outcomes of reading SQL, kept in the database: what was read once is not read again."""

import hashlib
import zlib
from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from core.kit import clock
from core.kit.database import Database
from core.lineage.columns.cache import Outcomes, Question
from core.lineage.columns.values import QueryLineage
from core.lineage.models import LineageOutcome
from core.lineage.tracing.engine import engine_digest

_WRITE_AT: Final = 200
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(QueryLineage).decode


class StoredOutcomes(Outcomes):
    """Those of a workspace.

    What is new is written a few hundred at a time, so that an attempt that is cut short was not in vain;
    `close` writes the rest.
    """

    def __init__(self, db: Database, workspace_id: int) -> None:
        super().__init__()
        self._db = db
        self._workspace_id = workspace_id
        self._fresh: dict[tuple[UUID, UUID], bytes] = {}
        self._found: set[tuple[UUID, UUID]] = set()
        self._lookup: Callable[[UUID], list[tuple[UUID, bytes]]] = self._from_database
        if not self._any():
            self._lookup = lambda _key: []

    def find(self, question: Question) -> QueryLineage | None:
        """The outcome of an equal question, or of one that differs in what nobody looked up."""
        key = _key(question)
        for answers, body in self._lookup(key):
            lineage = _decode(zlib.decompress(body))
            if UUID(question.answers(lineage)) == answers:
                self.hits += 1
                self._found.add((key, answers))
                return lineage
        return None

    def keep(self, question: Question, lineage: QueryLineage) -> None:
        """Remember an outcome."""
        body = zlib.compress(_encode(lineage), 1)
        self._fresh[_key(question), UUID(question.answers(lineage))] = body
        if len(self._fresh) >= _WRITE_AT:
            self._write()

    def close(self) -> None:
        """Write what is not written yet, and when outcomes were of use."""
        self._write()
        if self._found:
            with self._db.session() as session:
                pairs = sa.tuple_(LineageOutcome.key, LineageOutcome.answers).in_(list(self._found))
                session.execute(
                    sa.update(LineageOutcome)
                    .where(LineageOutcome.workspace_id == self._workspace_id, pairs)
                    .values(used_at=clock.now()),
                    execution_options={"synchronize_session": False},
                )
            self._found = set()

    def _any(self) -> bool:
        with self._db.reading() as session:
            query = sa.select(LineageOutcome.key).where(LineageOutcome.workspace_id == self._workspace_id)
            return session.scalar(query.limit(1)) is not None

    def _from_database(self, key: UUID) -> list[tuple[UUID, bytes]]:
        query = sa.select(LineageOutcome.answers, LineageOutcome.body).where(
            LineageOutcome.workspace_id == self._workspace_id, LineageOutcome.key == key
        )
        with self._db.reading() as session:
            return [(answers, body) for answers, body in session.execute(query)]

    def _write(self) -> None:
        if not self._fresh:
            return
        now = clock.now()
        rows = [
            {
                "workspace_id": self._workspace_id,
                "key": key,
                "answers": answers,
                "body": body,
                "used_at": now,
            }
            for (key, answers), body in self._fresh.items()
        ]
        with self._db.session() as session:
            session.connection().execute(insert(LineageOutcome).on_conflict_do_nothing(), rows)
        self._fresh = {}


def _key(question: Question) -> UUID:
    digest = hashlib.blake2b(question.key.encode(), digest_size=16)
    digest.update(engine_digest().encode())
    return UUID(bytes=digest.digest())
