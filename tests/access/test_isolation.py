"""Nothing of one workspace is visible in another: every operation, with every id of the other.

The workspace `other` holds what `shop` holds, and more; whatever tells it apart holds the word MARK. Its ids
do not: an answer may repeat the id that was asked for.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Final
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.artifacts.models import Drop, DropState
from core.audit.models import AuditLog
from core.auth.models import User
from core.environments import editing
from core.environments.models import Environment, EnvironmentVariable
from core.kit import clock
from core.lineage.tracing.computing import Limits
from core.lineage.tracing.service import trace_environment
from core.notifications.models import Channel, Delivery, Event, Rule
from core.runs.log import LogWriter, log_path
from core.schedules.models import Job, Trigger, TriggerCall
from core.workspaces.models import Workspace
from tests.access.dagster import dagster_with
from tests.access.operations import OPERATIONS, REAL, Operation
from tests.access.walk import NO_MEMBER, Request, kind_of, send
from tests.access.world import ALL_TOKEN_SCOPES, OTHER, PEOPLE, SHOP, World, header, world_of
from tests.core.building import Shop, check, compiled, model, result, shared_shop, source, stock

MARK: Final = "zebra"
SQL_OF_B: Final = """select 'zebra' || id as zebra_column, id as of_b from "dev"."main"."raw.of_b\""""
RUNS: Final = {
    "run-1": (SHOP, "SUCCESS"),
    "run-2": (SHOP, "STARTED"),
    "run-of-b": (OTHER, "SUCCESS"),
    "going-of-b": (OTHER, "STARTED"),
}
SERVICE_OF_B: Final = 2003
CHANNEL_OF_B, RULE_OF_B = 3002, 3002
DELIVERY_OF_B: Final = "00000000-0000-4000-8000-000000003002"
# Each id of the other workspace, by the name of the parameter that could take it.
FOREIGN: Final[Mapping[str, tuple[str, ...]]] = {
    "unique_id": ("model.shop.of_b", "source.shop.raw.of_b", "test.shop.of_b"),
    "run_id": ("run-of-b", "going-of-b"),
    "step": ("1", "2"),
    "name": ("catalog.json", "of_b.json"),
    "username": (PEOPLE["outsider"].name,),
    "environment": ("of_b",),
    "variable": ("OF_B",),
    "token_id": (str(SERVICE_OF_B),),
    "session_id": (PEOPLE["outsider"].session_id,),
    "drop_id": ("2",),
    "channel_id": (str(CHANNEL_OF_B),),
    "rule_id": (str(RULE_OF_B),),
    "delivery_id": (DELIVERY_OF_B,),
    "job": ("of_b",),
    "trigger_id": ("3002",),
    "call_id": ("3002",),
    "snapshot_id": ("3", "5"),
    "other_id": ("5", "3"),
    "field": ("of_b",),
    "column": ("of_b",),
    "from": ("3", "5"),
    "from_node": ("model.shop.of_b",),
    "to_node": ("model.shop.of_b",),
}
# Somebody with an account can be made a member anywhere: people belong to no workspace.
# A variable is made by its name, whatever others are called elsewhere.
NOT_FOREIGN: Final = {
    ("PUT /api/workspaces/{workspace}/members/{username}", "username"),
    ("PUT /api/workspaces/{workspace}/environments/{environment}/variables/{variable}", "variable"),
}

IN_WORKSPACE = [operation for operation in OPERATIONS if operation.in_workspace]
GETS = [operation for operation in OPERATIONS if operation.method == "GET" and operation.scope]
CALLERS = ("admin", "service token", "token narrowed to one")


def stock_vault(vault: Shop) -> None:
    """What only the other workspace has: every kind of thing that could leak."""
    stock(vault)
    vault.know(
        source("of_b"),
        compiled(
            model(
                "of_b",
                description=f"{MARK} description",
                tags=[f"{MARK}_tag"],
                columns={f"{MARK}_column": {"description": MARK}},
                config={"schema": f"{MARK}_schema"},
                group=f"{MARK}_group",
                meta={"owner": f"{MARK} owner"},
                reads=["source.shop.raw.of_b"],
            ),
            code=SQL_OF_B,
        ),
        compiled(model("orders", description=f"{MARK} twin", reads=["model.shop.of_b"])),
        check("of_b", reads=["model.shop.of_b"], attached="model.shop.of_b"),
    )
    trace_environment(vault.db, vault.environment_id, Limits(workers=1))
    for run_id in ("run-of-b", "run-1"):
        vault.ran(
            result("model.shop.of_b", "error", message=f"{MARK} message"),
            result("model.shop.orders", "error", message=f"{MARK} message"),
            run_id=run_id,
        )
        vault.take("catalog.json", f"half {MARK}".encode(), run_id=run_id)
    with vault.db.session() as session:
        session.add(a_drop(vault, f"{MARK} drop"))
        session.add(an_environment(vault))
        put_a_job(session, vault)
        session.flush()
        for key in ("dev", "prod", "of_b"):
            environment = editing.get(session, vault.workspace_id, key)
            values = {"name": "OF_B", "value": f"{MARK} value", "updated_by": MARK}
            session.add(EnvironmentVariable(environment_id=environment.id, **values))
    with LogWriter(log_path(vault.folder, "run-of-b")) as log:
        log.write(f"{MARK} line", step=1, level="info")


def put_a_job(session: Session, shop: Shop) -> None:
    """A job that was called by a trigger of it."""
    steps = [{"command": "build", "options": {"select": [MARK]}}]
    job = Job(workspace_id=shop.workspace_id, key="of_b", name=MARK, steps=steps, owner=MARK, tags=[MARK])
    job.id, job.created_by, job.updated_by = 3002, MARK, MARK
    session.add(job)
    session.flush()
    session.add(Trigger(id=3002, job_id=3002, kind="api", settings={}))
    session.flush()
    session.add(TriggerCall(id=3002, trigger_id=3002, actor=MARK, variables={MARK: MARK}))


def an_environment(shop: Shop) -> Environment:
    return Environment(
        workspace_id=shop.workspace_id,
        key="of_b",
        name=f"{MARK} environment",
        description=MARK,
        dbt_target="of_b",
        profile_yaml=f"type: duckdb\nschema: {MARK}\n",
    )


def a_drop(shop: Shop, label: str) -> Drop:
    return Drop(
        workspace_id=shop.workspace_id,
        environment_id=shop.environment_id,
        source="upload",
        label=label,
        state=DropState.REFUSED,
        reason=label,
    )


def notify(session: Session, shop: Shop, label: str, number: int, delivery: str) -> None:
    """A channel, a rule that tells it, and a delivery that was given up."""
    by = {"created_by": label, "updated_by": label, "workspace_id": shop.workspace_id, "id": number}
    channel = Channel(name=label, kind="url", shown=label, secret=label, **by)
    rule = Rule(name=label, events=["run_failed"], channels=[channel], **by)
    event = Event(
        id=number, workspace_id=shop.workspace_id, key=label, kind="run_failed", at=clock.now(), facts={}
    )
    row = Delivery(
        id=UUID(delivery),
        event_id=number,
        workspace_id=shop.workspace_id,
        channel_id=number,
        channel_name=label,
        rule_name=label,
        title=label,
        body=label,
        state="dead",
    )
    session.add_all([channel, rule, event])
    session.flush()
    session.add(row)


@pytest.fixture(scope="module")
def two(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("two")
    with (
        dagster_with(RUNS) as dagster,
        shared_shop(postgres_url, template, folder) as shop,
        world_of(shop, dagster.url) as world,
    ):
        stock(shop)
        with shop.db.session() as session:
            session.add(a_drop(shop, "ours"))
            notify(session, shop, "ours", 3001, REAL["delivery_id"])
        stock_vault(world.other)
        with shop.db.session() as session:
            notify(session, world.other, MARK, CHANNEL_OF_B, DELIVERY_OF_B)
        assert world.add_token(("run:read",), workspace=OTHER).number == SERVICE_OF_B
        world.add_token(ALL_TOKEN_SCOPES, owner="admin of both", workspace=SHOP)
        mark(world)
        yield world


def mark(world: World) -> None:
    """Name the other workspace, its people and tokens, and write its audit log."""
    world.mend()
    with world.state.db.session() as session:
        values = {"name": f"{MARK} vault", "description": MARK, "project_dir": f"/srv/{MARK}"}
        session.execute(sa.update(Workspace).where(Workspace.key == OTHER).values(values))
        only_in_b = sa.update(User).where(User.username == PEOPLE["outsider"].name)
        session.execute(only_in_b.values(full_name=f"{MARK} person"))
    ours = world.bearer("outsider")
    body = {"name": f"{MARK} token", "scopes": ["run:read"], "expires_in_days": 1}
    assert world.client.post(f"/api/workspaces/{OTHER}/tokens", json=body, headers=ours).status_code == 201
    assert world.client.post("/auth/tokens", json=body, headers=ours).status_code == 201
    path = f"/api/workspaces/{OTHER}/runs/run-of-b/artifacts/1/catalog.json"
    assert MARK in world.client.get(path, headers=ours).text
    world.client.get(f"/api/workspaces/{OTHER}/{MARK}", headers=ours)
    with world.state.db.session() as session:
        row = AuditLog(
            actor=f"{MARK} actor", tag="of_b.tag", workspace_id=world.other.workspace_id, subject=MARK
        )
        session.add(row)


def credentials(world: World) -> dict[str, dict[str, str]]:
    """Those of workspace A, of every kind."""
    narrowed = world.tokens[3]
    assert narrowed.workspace == SHOP
    return {
        "admin": world.bearer("admin"),
        "service token": header(world.service.text),
        "token narrowed to one": header(narrowed.text),
    }


def paths(operation: Operation) -> Iterator[tuple[str, bool]]:
    """Every address that mixes ids of both, and whether it asks in the workspace A."""
    names = operation.ids
    choices = [(REAL[name], *FOREIGN[name]) for name in names]
    for key in (SHOP, OTHER) if operation.in_workspace else (SHOP,):
        for values in product(*choices):
            chosen = dict(zip(names, values, strict=True))
            foreign = any(value in FOREIGN[name] for name, value in chosen.items())
            if key == OTHER or foreign:
                yield operation.url(workspace=key, **chosen), key == SHOP


def with_ids(operation: Operation) -> bool:
    return bool(operation.parameters("path") or operation.ids)


def tell_tale(world: World, operation: Operation, url: str, headers: dict[str, str]) -> Any:
    response = send(world, operation, Request("", url, operation.body()), headers)
    assert MARK not in response.text, (operation.label, url, response.text[:500])
    return response


WITH_IDS = [operation for operation in OPERATIONS if operation.scope and with_ids(operation)]


@pytest.mark.parametrize("operation", WITH_IDS, ids=lambda operation: operation.label)
def test_ids_of_another_workspace_lead_nowhere(two: World, operation: Operation) -> None:
    foreign_names = operation.ids
    for caller, headers in credentials(two).items():
        for url, inside in paths(operation):
            response = tell_tale(two, operation, url, headers)
            if response.status_code == 403:
                assert caller != "admin" or not operation.in_workspace or not inside
            elif not inside:
                assert kind_of(response) == "404", (caller, url, response.text)
            elif not any((operation.label, name) in NOT_FOREIGN for name in foreign_names):
                assert response.status_code == 404, (caller, url, response.text)
        two.mend()


def test_what_is_asked_for_exists_where_it_belongs(two: World) -> None:
    """Otherwise the test above would prove nothing: B's own admin finds what A's does not."""
    two.mend()
    ours = two.bearer("outsider")
    found = 0
    for operation in IN_WORKSPACE:
        if operation.method != "GET":
            continue
        values = {name: FOREIGN[name][0] for name in operation.ids}
        response = send(two, operation, Request("", operation.url(workspace=OTHER, **values)), ours)
        assert response.status_code == 200, (operation.label, response.text)
        found += MARK in response.text
    assert found >= 12


@pytest.mark.parametrize("operation", GETS, ids=lambda operation: operation.label)
def test_no_list_or_answer_of_one_workspace_shows_another(two: World, operation: Operation) -> None:
    ids = [values[0] for values in FOREIGN.values()]
    texts = [item["name"] for item in operation.parameters("query") if _takes_text(item["schema"])]
    for headers in credentials(two).values():
        tell_tale(two, operation, operation.url(), headers)
    for name, value in product(texts, [*ids, OTHER, "of_b.tag", "%", "*"]):
        response = two.client.get(operation.url(), params={name: value}, headers=two.bearer("admin"))
        if response.status_code == 403:
            break
        assert MARK not in response.text, (operation.label, name, value, response.text[:500])


def _takes_text(schema: Mapping[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", ()), schema.get("items", {})]
    return any(kind.get("type") == "string" and "format" not in kind for kind in kinds)


@pytest.mark.parametrize("path", ["/api/workspaces/shop/audit", "/api/workspaces/shop/audit/export"])
def test_the_audit_log_of_a_workspace_holds_no_row_of_another(two: World, path: str) -> None:
    two.mend()
    ours = two.bearer("admin")
    # A refusal at the door of B is B's to know, not A's.
    two.client.get(f"/api/workspaces/{OTHER}/models", headers=ours)
    two.client.get(f"/api/workspaces/{SHOP}/runs/run-1/artifacts/1/run_results.json", headers=ours)
    text = two.client.get(path, headers=ours).text
    assert MARK not in text
    assert OTHER not in text
    with two.state.db.session() as session:
        mine = sa.select(sa.func.count()).where(AuditLog.workspace_id == two.shop.workspace_id)
        count = session.scalar(mine)
    if path.endswith("export"):
        assert len(text.splitlines()) == count
    else:
        assert two.client.get(path, headers=ours).json()["total"] == count


def test_members_of_one_workspace_are_not_shown_to_another(two: World) -> None:
    two.mend()
    listed = two.client.get(f"/api/workspaces/{SHOP}/members", headers=two.bearer("viewer")).json()["items"]
    names = {person.name for person in PEOPLE.values() if SHOP in person.roles}
    assert {item["username"] for item in listed} == names


def test_what_is_asked_for_in_a_body_is_not_of_another_workspace_either(two: World) -> None:
    two.mend()
    for operation in OPERATIONS:
        body = operation.body(OTHER)
        if isinstance(body, dict) and body.get("workspace") == OTHER:
            response = send(two, operation, Request("", operation.url(), body), two.bearer("admin"))
            assert response.status_code == 404
            assert response.json()["error"]["message"].startswith(NO_MEMBER)


def test_a_run_of_another_workspace_is_neither_followed_nor_cancelled(two: World) -> None:
    two.mend()
    for run_id in ("run-of-b", "going-of-b"):
        base = f"/api/workspaces/{SHOP}/runs/{run_id}"
        for method, path in (("GET", "/log"), ("GET", "/log/stream"), ("POST", "/cancel")):
            response = two.client.request(method, base + path, headers=two.bearer("admin"))
            assert response.status_code == 404
