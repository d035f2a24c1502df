"""One writer at a time, whoever starts the runs and however they end."""

import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa

from core.kit.database import Database
from core.runs.warehouses import warehouse_of, writing
from tests.conftest import REPOSITORY

HOLD = """
import sys, time
from core.kit.database import Database, make_engine
from core.runs.warehouses import writing
with writing(Database(make_engine(sys.argv[1])), "shop/duckdb", "run-one", print):
    print("writing", flush=True)
    time.sleep(60)
"""


def test_only_duckdb_takes_one_writer() -> None:
    assert warehouse_of("shop", "duckdb") == "shop/duckdb"
    assert warehouse_of("shop", "postgres") is None
    assert warehouse_of("shop", None) is None


def test_the_second_waits_and_is_told_for_whom_and_a_killed_one_lets_go(
    db: Database, database_url: str
) -> None:
    command = [sys.executable, "-c", HOLD, database_url]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "writing\n"
        told: list[str | None] = []
        entered = threading.Event()

        def second() -> None:
            with writing(db, "shop/duckdb", "run-two", told.append):
                entered.set()

        waiting = threading.Thread(target=second)
        waiting.start()
        with writing(db, "bikes/duckdb", "run-three", told.append):
            time.sleep(1)
        assert told == ["run-one"]
        assert not entered.is_set()
        first.kill()
        waiting.join(10)
        assert entered.is_set()
        assert told == ["run-one"]


def test_a_database_that_was_away_does_not_spoil_what_was_written(db: Database) -> None:
    end = sa.text(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%lost-run'"
    )
    with writing(db, "shop/duckdb", "lost-run", print), db.session() as session:
        assert session.execute(end).all() == [(True,)]
    with writing(db, "shop/duckdb", "next-run", lambda run_id: pytest.fail(f"waits for {run_id}")):
        pass
