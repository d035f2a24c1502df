"""The database: engine, unit of work, declarative base."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import DeclarativeBase, Session

SCHEMA = "workbench"
# Compiling a query to machine code takes longer than any of ours runs. Times are read as they were written:
# in another zone those at the edges of the calendar could not be read at all.
OPTIONS = "-c jit=off -c timezone=UTC"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of ours lives in the schema `workbench`, beside Dagster's schema."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING)


def psycopg_url(database_url: str) -> str:
    """The same address, spelled for SQLAlchemy with psycopg 3."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def make_engine(database_url: str, *, pool_size: int = 10) -> Engine:
    """An engine for our tables; connections are checked before use, so a restart of Postgres is survived."""
    return create_engine(
        psycopg_url(database_url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "application_name": "workbench", "options": OPTIONS},
    )


def make_lookup_engine(database_url: str) -> Engine:
    """An engine for single statements that are asked all the time.

    No transaction, no check before use, no reset after it: one round trip and no more. Whoever uses it tries
    once again when the connection turns out to be gone.
    """
    return create_engine(
        psycopg_url(database_url),
        isolation_level="AUTOCOMMIT",
        pool_size=5,
        max_overflow=15,
        pool_reset_on_return=None,
        connect_args={"connect_timeout": 5, "application_name": "workbench lookup", "options": OPTIONS},
    )


@contextmanager
def over_many_rows(session: Session) -> Generator[None]:
    """Queries inside join whole tables: never row by row.

    Rows that this transaction has just written are in no statistics yet. PostgreSQL takes them for few and
    would look through thousands once for each of thousands: minutes instead of a second.
    """
    session.execute(text("set local enable_nestloop = off"))
    yield
    session.execute(text("set local enable_nestloop = on"))


@dataclass
class UnitOfWork:
    """One transaction, and the effects that wait for its commit."""

    session: Session
    _effects: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Run this once the transaction is safe; never when it fails."""
        self._effects.append(effect)

    def run_effects(self) -> None:
        """Run what waited, in order."""
        for effect in self._effects:
            effect()


class Database:
    """Opens units of work on one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # The same pool. Each statement sees what is committed by then, as it does in a transaction, too; only
        # BEGIN and COMMIT are saved: two round trips.
        self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def unit_of_work(self) -> Generator[UnitOfWork]:
        """Commit once at the end, or roll everything back."""
        with Session(self.engine, expire_on_commit=False) as session:
            work = UnitOfWork(session)
            yield work
            session.commit()
        work.run_effects()

    @contextmanager
    def reading(self) -> Generator[Session]:
        """A session for somebody who only reads, without a transaction."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def session(self) -> Generator[Session]:
        """A unit of work without effects."""
        with self.unit_of_work() as work:
            yield work.session

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
