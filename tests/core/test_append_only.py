"""The audit log is append-only for every role that the product uses."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DBAPIError

from core import schema
from core.audit import retention, service
from core.audit.service import By, Tag
from core.kit import clock
from core.kit.database import Database, make_engine
from tests.conftest import database_address, run_sql

OWNER, APP, PASSWORD = "audit_owner", "audit_app", "letters1"


@pytest.fixture(scope="module")
def roles(postgres_url: str) -> Iterator[str]:
    """A database whose owner is no superuser, and a role for the services."""
    run_sql(
        postgres_url,
        f"create role {OWNER} login password '{PASSWORD}'",
        f"create role {APP} login password '{PASSWORD}'",
        f"create database audited owner {OWNER}",
    )
    schema.migrate(address(postgres_url, OWNER), APP)
    yield postgres_url
    run_sql(postgres_url, "drop database audited with (force)", f"drop role {OWNER}", f"drop role {APP}")


def address(postgres_url: str, role: str) -> str:
    url = make_url(database_address(postgres_url, "audited")).set(username=role, password=PASSWORD)
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=[OWNER, APP])
def role_db(request: pytest.FixtureRequest, roles: str) -> Iterator[Database]:
    database = Database(make_engine(address(roles, request.param), pool_size=2))
    yield database
    database.dispose()


def write(db: Database, subject: str, days_ago: int = 0) -> None:
    with db.session() as session:
        service.record(session, By("ann"), Tag.WORKSPACE_CHANGED, subject=subject)
        session.flush()
    if days_ago:
        with db.session() as session:
            session.execute(
                sa.text(
                    "insert into workbench.audit_logs (at, actor, tag, subject)"
                    " values (:at, 'ann', 'workspace.changed', :subject)"
                ),
                {"at": clock.now() - timedelta(days=days_ago), "subject": f"{subject} old"},
            )


CHANGES = (
    "update workbench.audit_logs set actor = 'somebody else'",
    "delete from workbench.audit_logs",
    "truncate workbench.audit_logs",
)


@pytest.mark.parametrize("statement", CHANGES)
def test_neither_the_owner_nor_the_services_change_rows(role_db: Database, statement: str) -> None:
    write(role_db, "kept")
    with pytest.raises(DBAPIError, match=r"permission denied|append-only"), role_db.session() as session:
        session.execute(sa.text(statement))
    with role_db.session() as session:
        assert session.scalar(sa.text("select count(*) from workbench.audit_logs where subject = 'kept'"))


@pytest.mark.parametrize("privilege", ["UPDATE", "DELETE", "TRUNCATE"])
def test_the_database_itself_says_that_there_is_no_such_right(role_db: Database, privilege: str) -> None:
    question = sa.text("select has_table_privilege('workbench.audit_logs', :right)")
    with role_db.session() as session:
        assert session.scalar(question, {"right": privilege}) is False


@pytest.mark.parametrize("statement", CHANGES)
def test_a_superuser_meets_the_trigger(roles: str, statement: str) -> None:
    superuser = Database(make_engine(database_address(roles, "audited"), pool_size=1))
    write(superuser, "by the superuser")
    with pytest.raises(DBAPIError, match="append-only"), superuser.session() as session:
        session.execute(sa.text(statement))
    superuser.dispose()


def test_old_rows_go_by_retention_and_leave_a_trace(role_db: Database) -> None:
    write(role_db, "aged", days_ago=400)
    with role_db.session() as session:
        assert retention.forget(session, 365) >= 1
    with role_db.session() as session:
        left = session.scalar(sa.text("select count(*) from workbench.audit_logs where subject = 'aged old'"))
        said = session.scalar(
            sa.text("select count(*) from workbench.audit_logs where tag = 'audit.forgotten'")
        )
        assert (left, bool(said)) == (0, True)
        assert retention.forget(session, 365) == 0


def test_nothing_younger_than_thirty_days_is_forgotten(role_db: Database) -> None:
    with pytest.raises(DBAPIError, match="30 days"), role_db.session() as session:
        retention.forget(session, 29)


def test_the_services_do_not_make_or_drop_tables(roles: str) -> None:
    engine: Engine = make_engine(address(roles, APP), pool_size=1)
    for statement in (
        "create table workbench.mine (x int)",
        "drop table workbench.audit_logs",
        "update workbench.alembic_version set version_num = '0'",
    ):
        with (
            pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
            engine.begin() as connection,
        ):
            connection.execute(sa.text(statement))
    engine.dispose()
