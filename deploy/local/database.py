"""Database addresses: what is wrong with one, in a sentence, and how Dagster spells it."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from deploy.local.errors import CannotStart

OLDEST = 14
PATIENCE = 5
DAGSTER_SCHEMA = "dagster"
VARIABLE, OWNER_VARIABLE = "DATABASE_URL", "DATABASE_OWNER_URL"

# Which database of which server this is, in a way that every role may ask.
PLACE = """
    select oid::bigint, pg_postmaster_start_time()::text from pg_database where datname = current_database()
"""

# libpq tells causes apart in words only. Anything else is passed on as its first line.
CAUSES = (
    (
        r"could not translate host name|Name or service not known|nodename nor servname",
        "the host {host} is not known",
    ),
    (
        r"password authentication failed|no password supplied",
        "the server refuses user {user}: the password is wrong",
    ),
    (r'role "[^"]*" does not exist', "the server knows no user {user}"),
    (r'database "[^"]*" does not exist', "there is no database {database} on {host}"),
    (
        r"invalid response to SSL|expected authentication request|closed the connection unexpectedly",
        "what answers at {host} is not PostgreSQL",
    ),
    (r"timeout expired|timed out", f"{{host}} does not answer within {PATIENCE} seconds"),
    (r"Connection refused|No such file or directory", "no server listens at {host}"),
    (r"no pg_hba.conf entry", "the server does not let user {user} in from this machine"),
    (r"permission denied for database", "user {user} may not enter database {database}"),
    (r"too many clients|remaining connection slots", "the server has no connection left"),
)


def check_database(url: str, owner_url: str | None = None) -> None:
    """A server of the user's own answers, is new enough and lets us make our schemas.

    With an owner's address, that role makes them, and both must lead to the same database.

    Raises:
        CannotStart: it does not; the message never holds a password.
    """
    maker = (OWNER_VARIABLE, owner_url) if owner_url else (VARIABLE, url)
    with connected(*maker) as owner:
        _check_version(owner, maker[0])
        _check_rights(owner, *maker)
        if owner_url:
            with connected(VARIABLE, url) as app:
                _check_same_place(owner, app)


def check_reachable(url: str) -> None:
    """The database answers.

    Raises:
        CannotStart: it does not; the message never holds the password.
    """
    with connected(VARIABLE, url):
        return


def user_of(url: str) -> str | None:
    """The role that an address logs in."""
    return conninfo_to_dict(url).get("user")  # pyright: ignore[reportReturnType]


def dagster_url(url: str) -> str:
    """The same database for Dagster: psycopg2, and a schema of its own."""
    parts = urlsplit(url)
    in_schema = "options=" + quote(f"-csearch_path={DAGSTER_SCHEMA}", safe="")
    query = f"{parts.query}&{in_schema}" if parts.query else in_schema
    # A scheme without a host would lose its slashes.
    return urlunsplit(("postgresql", parts.netloc or "@", parts.path, query, "")).replace(
        "postgresql://", "postgresql+psycopg2://", 1
    )


def without_password(text: str, url: str) -> str:
    """The text with the address's password struck out, in case a driver repeats it."""
    secret = urlsplit(url).password
    return text.replace(secret, "***") if secret else text


@contextmanager
def connected(variable: str, url: str) -> Generator[psycopg.Connection]:
    """A connection that commits each statement; an error of it is one sentence that names the variable.

    Raises:
        CannotStart: the database does not do what is asked; the message never holds the password.
    """
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE, autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise CannotStart(
            f"{variable} does not lead to a usable database: {_cause(str(error), url)}.",
            hint="It reads postgresql://user:password@host:5432/database.",
        ) from None


def _check_version(connection: psycopg.Connection, variable: str) -> None:
    version = connection.info.server_version // 10000
    if version < OLDEST:
        raise CannotStart(f"{variable} leads to PostgreSQL {version}; {OLDEST} or newer is needed.")


def _check_rights(connection: psycopg.Connection, variable: str, url: str) -> None:
    row = connection.execute("select has_database_privilege(current_database(), 'create')").fetchone()
    if row is None or not row[0]:
        names = _names(url)
        raise CannotStart(
            f"{variable}: user {names['user']} may not make schemas in database {names['database']}.",
            hint="As its owner: grant create on database {database} to {user};".format_map(names),
        )


def _check_same_place(owner: psycopg.Connection, app: psycopg.Connection) -> None:
    if owner.execute(PLACE).fetchone() != app.execute(PLACE).fetchone():
        raise CannotStart(
            f"{VARIABLE} and {OWNER_VARIABLE} lead to different databases.",
            hint="They name two roles of one database: one uses the tables, the other makes them.",
        )


def _cause(message: str, url: str) -> str:
    for pattern, sentence in CAUSES:
        if re.search(pattern, message, re.IGNORECASE):
            return sentence.format_map(_names(url))
    lines = [line for line in without_password(message, url).strip().splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else "the connection failed"


def _names(url: str) -> dict[str, str]:
    parsed = conninfo_to_dict(url)
    host, port = str(parsed.get("host") or "localhost"), str(parsed.get("port") or 5432)
    return {
        "host": host if host.startswith("/") else f"{host}:{port}",
        "user": str(parsed.get("user") or "(none)"),
        "database": str(parsed.get("dbname") or parsed.get("user") or "(none)"),
    }
