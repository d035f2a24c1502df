"""Two workspaces, people of each kind, and their credentials; `mend` puts back what a request changed.

Ids of people, sessions and tokens are fixed, so that credentials stay good over any number of mends.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.kit.state import State
from api.main import create_app
from core.auth import passwords
from core.auth.access_tokens import AccessTokens
from core.auth.models import ApiToken, LoginSession, Membership, User
from core.auth.rights import PERSON_SCOPES, TOKEN_SCOPES, Role, scopes_of
from core.auth.secret_text import TokenKind, digest, hint_of, new_api_token
from core.environments.models import Environment, EnvironmentVariable
from core.kit import clock
from core.kit.settings import Settings
from core.schedules.models import Job, Trigger, TriggerCall
from core.workspaces.models import Workspace
from tests.api.conftest import LOCAL, address_of, free_port
from tests.core.building import Shop, open_shop

PASSWORD: Final = "Correct-horse-7"
FIRST_USER: Final = 1001
SHOP: Final = "shop"
OTHER: Final = "other"


@dataclass(frozen=True)
class Person:
    """Somebody; `roles` by the key of the workspace."""

    name: str
    number: int
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])
    instance_admin: bool = False

    @property
    def session_id(self) -> str:
        """The id of this person's one login."""
        return f"00000000-0000-4000-8000-{self.number:012d}"


def _people() -> dict[str, Person]:
    """By the column of the table that they stand for; `sam` is who is changed and removed by requests."""
    of_all = [
        ("outsider", "olga", {OTHER: Role.ADMIN}, False),
        ("viewer", "vera", {SHOP: Role.VIEWER}, False),
        ("developer", "dan", {SHOP: Role.DEVELOPER}, False),
        ("admin", "ada", {SHOP: Role.ADMIN}, False),
        ("instance admin", "ines", {}, True),
        ("sam", "sam", {SHOP: Role.VIEWER}, False),
        ("admin of both", "bo", {SHOP: Role.ADMIN, OTHER: Role.ADMIN}, False),
        ("viewer of both", "vic", {SHOP: Role.VIEWER, OTHER: Role.VIEWER}, False),
        ("developer of both", "dora", {SHOP: Role.DEVELOPER, OTHER: Role.DEVELOPER}, False),
        ("another instance admin", "ian", {}, True),
    ]
    return {
        column: Person(name, FIRST_USER + number, roles, everywhere)
        for number, (column, name, roles, everywhere) in enumerate(of_all)
    }


PEOPLE: Final = _people()
ALL_TOKEN_SCOPES: Final = tuple(sorted(TOKEN_SCOPES))
SERVICE_SCOPES: Final = tuple(sorted((scopes_of(Role.ADMIN) | PERSON_SCOPES) & TOKEN_SCOPES))


@dataclass(frozen=True)
class Token:
    """An API token of the world. `owner` None makes it a service token."""

    number: int
    text: str
    scopes: tuple[str, ...]
    owner: str | None = None
    workspace: str | None = None
    expires_at: datetime | None = None


@cache
def password_hash() -> str:
    """Of PASSWORD. Hashing is slow on purpose, so it is done once."""
    return passwords.hash_password(PASSWORD)


class World:
    """The application with login over a database, and the people in it."""

    def __init__(self, client: TestClient, shop: Shop, other: Shop) -> None:
        self.client = client
        self.shop = shop
        self.other = other
        app: Any = client.app
        self.state: State = app.state.workbench
        self.access_tokens = AccessTokens(self.state.settings)
        self.tokens: list[Token] = []
        self.service = self.add_token(SERVICE_SCOPES, workspace=SHOP)
        self.personal = self.add_token(ALL_TOKEN_SCOPES, owner="instance admin")

    def bearer(self, column: str) -> dict[str, str]:
        """The header by which somebody shows who it is; nobody has none."""
        if column == "nobody":
            return {}
        person = PEOPLE[column]
        return header(self.access_tokens.make(person.number, person.session_id, "test"))

    def add_token(
        self,
        scopes: tuple[str, ...],
        *,
        owner: str | None = None,
        workspace: str | None = None,
        days: int | None = None,
    ) -> Token:
        """Another API token, kept over mends; in the table there can be also one that nobody may make."""
        text = new_api_token(TokenKind.PERSONAL if owner else TokenKind.SERVICE)
        expires = None if days is None else clock.now() + timedelta(days=days)
        token = Token(2001 + len(self.tokens), text, scopes, owner, workspace, expires)
        self.tokens.append(token)
        with self.state.db.session() as session:
            self._put_people(session)
            self._put_tokens(session)
        return token

    def mend(self) -> None:
        """Everybody is again who they were, and logged in."""
        with self.state.db.session() as session:
            session.execute(sa.update(Workspace).values(archived_at=None))
            of_shop = sa.select(Environment.id).where(Environment.workspace_id == self.shop.workspace_id)
            session.execute(
                sa.delete(EnvironmentVariable).where(EnvironmentVariable.environment_id.in_(of_shop))
            )
            self._put_people(session)
            self._put_tokens(session)
            self._put_jobs(session)

    def workspace_id(self, key: str) -> int:
        """The id behind a key."""
        return {SHOP: self.shop.workspace_id, OTHER: self.other.workspace_id}[key]

    def _put_people(self, session: Session) -> None:
        numbers = [person.number for person in PEOPLE.values()]
        session.execute(sa.delete(User).where(User.id.not_in(numbers)))
        _upsert(session, User, User.id, [_user_row(person) for person in PEOPLE.values()])
        session.execute(sa.delete(Membership))
        session.execute(
            sa.insert(Membership.__table__),
            [
                {"user_id": person.number, "workspace_id": self.workspace_id(key), "role": role}
                for person in PEOPLE.values()
                for key, role in person.roles.items()
            ],
        )
        _upsert(session, LoginSession, LoginSession.id, [_session_row(p) for p in PEOPLE.values()])

    def _put_jobs(self, session: Session) -> None:
        """One job with an `api` trigger that was called once."""
        session.execute(sa.delete(Job).where(Job.workspace_id == self.shop.workspace_id))
        common = {"created_by": "a test", "updated_by": "a test", "steps": [{"command": "build"}]}
        job = {"id": 1, "workspace_id": self.shop.workspace_id, "key": "nightly", "name": "Nightly"}
        session.execute(sa.insert(Job).values(**job, **common))
        session.execute(sa.insert(Trigger).values(id=1, job_id=1, kind="api", settings={}))
        session.execute(sa.insert(TriggerCall).values(id=1, trigger_id=1, actor="a test"))

    def _put_tokens(self, session: Session) -> None:
        session.execute(sa.delete(ApiToken).where(ApiToken.id.not_in([t.number for t in self.tokens])))
        if self.tokens:
            _upsert(session, ApiToken, ApiToken.id, [self._token_row(token) for token in self.tokens])

    def _token_row(self, token: Token) -> dict[str, Any]:
        return {
            "id": token.number,
            "kind": TokenKind.PERSONAL if token.owner else TokenKind.SERVICE,
            "name": f"token {token.number}",
            "token_hash": digest(token.text),
            "hint": hint_of(token.text),
            "scopes": list(token.scopes),
            "user_id": PEOPLE[token.owner].number if token.owner else None,
            "workspace_id": self.workspace_id(token.workspace) if token.workspace else None,
            "created_by": "a test",
            "expires_at": token.expires_at,
        }


def header(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"}


def raw_header(name: str, value: str) -> Any:
    """A header as bytes: clients refuse to send text that is not ASCII."""
    return {name: value.encode("latin-1")}


def page_token(person: Person) -> str:
    """The cookie of Dagster's page."""
    return f"page of {person.name}"


def settings_with_login(shop: Shop, dagster_url: str | None = None, **more: Any) -> Settings:
    values = {
        "AUTH_ENABLED": "true",
        "DATABASE_URL": address_of(shop),
        "WORKBENCH_DATA": shop.folder,
        "WORKBENCH_DAGSTER_URL": dagster_url or f"http://127.0.0.1:{free_port()}/dagster",
        **more,
    }
    return Settings.model_validate(values)


@contextmanager
def world_of(shop: Shop, dagster_url: str | None = None) -> Iterator[World]:
    """The application over the database of a shop, with another workspace beside it."""
    other = open_shop(shop.db, shop.folder, OTHER)
    settings = settings_with_login(shop, dagster_url)
    with TestClient(create_app(settings), base_url=LOCAL, raise_server_exceptions=False) as client:
        yield World(client, shop, other)


def data_of(world: World) -> Path:
    return world.state.settings.data_dir


def _upsert(session: Session, table: Any, key: Any, rows: list[dict[str, Any]]) -> None:
    statement = insert(table.__table__)
    values = {name: statement.excluded[name] for name in rows[0]}
    session.connection().execute(statement.on_conflict_do_update(index_elements=[key], set_=values), rows)


def _user_row(person: Person) -> dict[str, Any]:
    return {
        "id": person.number,
        "username": person.name,
        "full_name": person.name.title(),
        "email": f"{person.name}@example.org",
        "password_hash": password_hash(),
        "is_active": True,
        "is_instance_admin": person.instance_admin,
        "must_change_password": False,
    }


def _session_row(person: Person) -> dict[str, Any]:
    return {
        "id": person.session_id,
        "user_id": person.number,
        "page_token_hash": digest(page_token(person)),
        "expires_at": clock.now() + timedelta(days=1),
        "ended_at": None,
        "ended_because": None,
    }
