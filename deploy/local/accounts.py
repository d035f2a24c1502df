"""Accounts at start: the first admin, and the token by which the supervisor itself asks the API."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.kit.database import Database, make_engine
from core.kit.settings import Settings

SYSTEM_TOKEN = "workbench up"  # noqa: S105 - its name


class Accounts:
    """What a start with login needs; `token` is good until `close`."""

    def __init__(
        self, settings: Settings, database_url: str, address: str, say: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._database_url = database_url
        self._address = address
        self._say = say
        self.token: str | None = None

    def prepare(self) -> str:
        """Make the first admin, if there is nobody yet, and a token of our own."""
        from core.auth import api_tokens

        made = make_first_admin(self._settings, self._database_url, self._address, self._say)
        with _session(self._database_url) as session:
            self.token = api_tokens.issue_system_token(session, SYSTEM_TOKEN)
        return made

    def close(self) -> None:
        """Revoke the token. A database that is gone is no reason to stay; the next start replaces it."""
        from core.auth import api_tokens

        if self.token is None:
            return
        self.token = None
        with suppress(SQLAlchemyError), _session(self._database_url) as session:
            api_tokens.revoke_system_token(session, SYSTEM_TOKEN)


def make_first_admin(settings: Settings, database_url: str, address: str, say: Callable[[str], None]) -> str:
    """Make the admin if there is nobody yet; a password made for it is said this once, and kept nowhere.

    Returns a note for the line of this part.
    """
    from core.auth import first_admin

    with _session(database_url) as session:
        made = first_admin.ensure(session, settings)
    if made is None:
        return ""
    if made.password is not None:
        who = f"Log in as {made.username} with the password {made.password}"
        say(f"{who} (shown only this once): {address}/login")
    return f"first admin: {made.username}"


@contextmanager
def _session(database_url: str) -> Generator[Session]:
    db = Database(make_engine(database_url, pool_size=1))
    try:
        with db.session() as session:
            yield session
    finally:
        db.dispose()
