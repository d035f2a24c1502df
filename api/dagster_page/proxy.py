"""A reverse proxy for /dagster: HTTP and WebSocket, to a webserver that listens on loopback only.

Dagster's page has no login and knows no workspaces. Who may see it is decided here, before anything reaches
it: whoever may read in every workspace; and beyond that each mutation by the right that it needs.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Final, cast

import httpx
from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import Response, StreamingResponse
from starlette import types
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from api.dagster_page import sockets
from api.dagster_page.graphql import GraphqlRequest, UnreadableError, read_http
from api.dagster_page.permissions import truthful
from api.dagster_page.refusals import is_navigation, refusal_page, refused_graphql, to_login, unreadable
from api.kit.access import identify_page
from api.kit.state import State, state_of
from core.audit import service as audit
from core.auth.actor import Actor
from core.auth.rights import Scope
from core.kit.errors import FieldError, Forbidden, Invalid, Unauthenticated, Unavailable
from core.workspaces import everywhere

router = APIRouter(include_in_schema=False)

# About this one connection, not about the message (RFC 9110, section 7.6.1), or made anew by each side.
HOP_BY_HOP: Final = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
    ]
)
# Ours: Dagster never sees who asks, nor sets a cookie beside our own.
CREDENTIALS: Final = frozenset({"authorization", "cookie", "set-cookie"})
# What is passed on of a GraphQL request is written anew.
OF_A_BODY: Final = frozenset({"content-type", "content-encoding", "expect"})
# Made by our own server, or an older name of a header that we set.
OF_A_SERVER: Final = frozenset({"server", "date", "feature-policy"})
PREFIX: Final = "/dagster"
METHODS: Final = ["GET", "HEAD", "POST", "OPTIONS"]
# Dagster packs its answers where the browser says so; one that is to be read must come as it is.
ENCODING: Final = frozenset({"accept-encoding"})
CHANGING: Final = (Scope.DAGSTER_OPERATE, Scope.DAGSTER_ADMINISTER)
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@router.api_route(PREFIX, methods=METHODS)
@router.api_route(PREFIX + "/{path:path}", methods=METHODS)
async def proxy(request: Request) -> Response:
    """Pass a request on and stream the answer back."""
    try:
        actor = await run_in_threadpool(admit, request)
    except Unauthenticated:
        if is_navigation(request):
            return to_login(request)
        raise
    except Forbidden as error:
        if is_navigation(request):
            return await refusal_page(request, error)
        raise
    _check_path(request.scope)
    base = _base(state_of(request))
    if request.method in READING:
        _check_no_query(request)
        return await _passed_on(request, base, request.stream() if _has_body(request) else None)
    if _is_graphql(request.scope):
        return await _graphql(request, actor, base)
    return await _other_post(request, actor, base)


def admit(connection: HTTPConnection) -> Actor:
    """Who asks, if they may see everything: Dagster's page shows all workspaces.

    Raises:
        Unauthenticated: nobody is logged in.
        Forbidden: there is a workspace that they may not see.
    """
    actor = identify_page(connection)
    with state_of(connection).db.session() as session:
        everywhere.check(session, actor, Scope.DAGSTER_READ)
    return actor


async def _graphql(request: Request, actor: Actor, base: httpx.URL) -> Response:
    content_type = request.headers.get("content-type", "")
    try:
        document = read_http(content_type, await request.body(), request.query_params)
        asked = await run_in_threadpool(document.asked)
    except UnreadableError as error:
        return unreadable(request, str(error))
    if asked.is_mutation:
        names = sorted(asked.mutations)
        try:
            await run_in_threadpool(_allow, request, actor, asked.scope, names, document)
        except Forbidden as error:
            return await refused_graphql(request, error, names)
    lacking = await run_in_threadpool(_lacking, state_of(request), actor)
    without = OF_A_BODY | ENCODING if lacking else OF_A_BODY
    answer = await _passed_on(request, base, document.body(), PREFIX + "/graphql", without)
    return await _truthful(answer, lacking) if lacking else answer


def _lacking(state: State, actor: Actor) -> list[Scope]:
    """What this actor may not change in Dagster."""
    with state.db.session() as session:
        may = everywhere.held(session, actor, CHANGING)
    return [scope for scope in CHANGING if scope not in may]


async def _truthful(answer: Response, lacking: list[Scope]) -> Response:
    """The whole answer, with buttons offering only what would be let pass."""
    assert isinstance(answer, StreamingResponse)  # noqa: S101 - as made by `_passed_on`
    content = b"".join([bytes(cast("bytes", chunk)) async for chunk in answer.body_iterator])
    read = Response(await run_in_threadpool(truthful, content, lacking), answer.status_code)
    for name, value in answer.headers.items():
        if name != "content-length":
            read.headers[name] = value
    read.background = answer.background
    return read


async def _other_post(request: Request, actor: Actor, base: httpx.URL) -> Response:
    """Reports about assets, and whatever a later Dagster takes."""
    name = str(request.scope["path"]).removeprefix(PREFIX + "/")
    await run_in_threadpool(_allow, request, actor, Scope.DAGSTER_OPERATE, [name.split("/", 1)[0]], None)
    return await _passed_on(request, base, request.stream() if _has_body(request) else None)


def _allow(
    request: Request, actor: Actor, scope: Scope, names: list[str], document: GraphqlRequest | None
) -> None:
    """Let a change pass, and note it before it is made. What changes nothing for others is not noted.

    Raises:
        Forbidden: it needs a right that the actor lacks somewhere.
    """
    with state_of(request).db.session() as session:
        everywhere.check(session, actor, scope)
        if scope == Scope.DAGSTER_READ:
            return
        audit.record(
            session,
            actor.by,
            audit.Tag.DAGSTER_MUTATION,
            subject=document.subject() if document else request.url.path,
            data={"mutations": names, "operation": document.operation_name if document else None},
        )


async def _passed_on(
    request: Request,
    base: httpx.URL,
    content: bytes | AsyncIterator[bytes] | None,
    path: str | None = None,
    without: frozenset[str] = frozenset(),
) -> Response:
    client: httpx.AsyncClient = request.app.state.dagster_client
    headers = _passed(request.headers.items(), without)
    if path is not None:
        headers.append(("content-type", "application/json"))
    # Not `client.build_request`: it adds headers of its own, and cookies that another answer set.
    outgoing = httpx.Request(
        request.method,
        _url(base, request.scope) if path is None else base.copy_with(path=path),
        headers=headers,
        content=content,
        extensions={"timeout": client.timeout.as_dict()},
    )
    try:
        answer = await client.send(outgoing, stream=True)
    except httpx.HTTPError as error:
        raise Unavailable(
            "Dagster does not answer.", hint="It may be starting; try again in a moment."
        ) from error
    response = StreamingResponse(_body(answer), answer.status_code, background=BackgroundTask(answer.aclose))
    for name, value in _passed(answer.headers.multi_items(), OF_A_SERVER):
        response.headers.append(name, value)
    return response


def _base(state: State) -> httpx.URL:
    if state.settings.dagster_url is None:
        raise Unavailable("Dagster's address is not set.", hint="`workbench up` sets WORKBENCH_DAGSTER_URL.")
    return httpx.URL(state.settings.dagster_url)


def _check_no_query(request: Request) -> None:
    """Dagster also carries out what a GET asks, so that an image on any page could start a run."""
    if _is_graphql(request.scope) and "query" in request.query_params:
        raise Forbidden("GraphQL is asked by POST here.")


def _is_graphql(scope: types.Scope) -> bool:
    return str(scope["path"]).rstrip("/").endswith("/graphql")


def _check_path(scope: types.Scope) -> None:
    """What is looked at here has to be what is asked there: no path that another step could shorten."""
    if {".", ".."} & set(str(scope["path"]).replace("\\", "/").split("/")):
        raise Invalid(
            "The address is not valid.", details=[FieldError("path", "It holds a segment of dots only.")]
        )


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _url(base: httpx.URL, scope: types.Scope, scheme: str | None = None) -> httpx.URL:
    try:
        return base.copy_with(raw_path=_raw_path(scope), scheme=scheme or base.scheme)
    except (httpx.InvalidURL, UnicodeDecodeError) as error:
        detail = FieldError("path", str(error))
        raise Invalid("The address is not valid.", details=[detail]) from error


def _raw_path(scope: types.Scope) -> bytes:
    path = bytes(scope.get("raw_path") or str(scope["path"]).encode())
    query = bytes(scope["query_string"])
    return path + (b"?" + query if query else b"")


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in answer.aiter_raw():
        yield chunk


def _passed(
    headers: Iterable[tuple[str, str]], without: frozenset[str] = frozenset()
) -> list[tuple[str, str]]:
    dropped = HOP_BY_HOP | CREDENTIALS | without
    return [(name, value) for name, value in headers if name.lower() not in dropped]


@router.websocket(PREFIX + "/{path:path}")
async def proxy_websocket(browser: WebSocket) -> None:
    """Pass subscriptions on, until either side closes or whoever opened it may no longer see them."""
    await run_in_threadpool(admit, browser)
    sockets.check_handshake(browser)
    target = str(_base(state_of(browser)).copy_with(path=PREFIX + "/graphql", scheme="ws"))
    await sockets.serve(browser, target, lambda: admit(browser))
