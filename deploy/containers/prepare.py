"""What has to happen once before the services start: roles, migrations, the first admin, the projects.

python -m deploy.containers.prepare [--project DIR]... [--no-demo]

Dagster's tables are made here too, by whom DAGSTER_POSTGRES_URL names: their owner.
"""

import sys
from collections.abc import Sequence

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from core.kit.errors import Invalid, WorkbenchError
from core.kit.settings import Settings, load_settings
from core.schema import migrate
from deploy.local import dagster_home, init_dagster, projects
from deploy.local.accounts import make_first_admin
from deploy.local.checks import http_address
from deploy.local.database import OWNER_VARIABLE, check_database, connected, user_of
from deploy.local.layout import DataFolder


def main(arguments: Sequence[str]) -> int:
    """Prepare database and data folder. Returns the exit code."""
    try:
        settings = load_settings()
        data = DataFolder(settings.data_dir)
        data.create()
        prepare_database(settings)
    except WorkbenchError as error:
        print(error.message, file=sys.stderr)
        return 1
    dagster_home.write_configuration(data, settings)
    return init_dagster.main() or projects.main([*arguments, "--result", str(data.root / "projects.json")])


def prepare_database(settings: Settings) -> None:
    """Roles, tables, and an account to begin with; its password stands in this container's log, once.

    Raises:
        WorkbenchError: a setting or the database does not allow it.
    """
    url = settings.database_url
    if url is None:
        raise Invalid("DATABASE_URL is not set.")
    owner = settings.database_owner_url
    owner_url = owner.get_secret_value() if owner else url
    app_role = user_of(url) if user_of(url) != user_of(owner_url) else None
    if app_role:
        ensure_app_role(owner_url, app_role, str(conninfo_to_dict(url).get("password") or ""))
    check_database(url, owner_url if app_role else None)
    migrate(owner_url, app_role=app_role)
    if settings.auth_enabled:
        make_first_admin(settings, url, http_address(settings.host, settings.port), _say)


def ensure_app_role(owner_url: str, role: str, password: str) -> None:
    """Make the role that the services use, where the owner may do that; a new password is taken over.

    Here and not in a script of the database's container, which only runs when its volume is new.
    """
    with connected(OWNER_VARIABLE, owner_url) as connection:
        row = connection.execute(
            "select rolsuper or rolcreaterole from pg_roles where rolname = current_user"
        ).fetchone()
        if row is None or not row[0]:
            return  # somebody else makes roles here; the check that follows says whether this one is there
        known = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
        statement = sql.SQL("{} role {} with login password {}").format(
            sql.SQL("alter" if known else "create"), sql.Identifier(role), sql.Literal(password)
        )
        connection.execute(statement)
        enter = sql.SQL("grant connect on database {} to {}")
        connection.execute(enter.format(sql.Identifier(connection.info.dbname), sql.Identifier(role)))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
