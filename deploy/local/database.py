"""Database addresses: what is wrong with one, in a sentence, and how Dagster spells it."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from deploy.local.errors import CannotStart

OLDEST = 14
PATIENCE = 5
DAGSTER_SCHEMA = "dagster"

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
    (r"too many clients|remaining connection slots", "the server has no connection left"),
)


def check_database(url: str) -> None:
    """A server of the user's own answers, is new enough and lets us make our schemas.

    Raises:
        CannotStart: it does not; the message never holds the password.
    """
    try:
        with psycopg.connect(url, connect_timeout=PATIENCE, autocommit=True) as connection:
            _check_version(connection)
            _check_rights(connection, url)
    except psycopg.Error as error:
        raise CannotStart(
            f"DATABASE_URL does not lead to a usable database: {_cause(str(error), url)}.",
            hint="It reads postgresql://user:password@host:5432/database.",
        ) from None


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


def _check_version(connection: psycopg.Connection) -> None:
    version = connection.info.server_version // 10000
    if version < OLDEST:
        raise CannotStart(f"DATABASE_URL leads to PostgreSQL {version}; {OLDEST} or newer is needed.")


def _check_rights(connection: psycopg.Connection, url: str) -> None:
    row = connection.execute("select has_database_privilege(current_database(), 'create')").fetchone()
    if row is None or not row[0]:
        names = _names(url)
        raise CannotStart(
            "DATABASE_URL: user {user} may not make schemas in database {database}.".format_map(names),
            hint="As its owner: grant create on database {database} to {user};".format_map(names),
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
