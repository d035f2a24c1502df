"""Headers that tell browsers what a page of ours never does; what is smuggled into one cannot either."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

YEAR: Final = 31_536_000
ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=()",
}
STRICT_TRANSPORT: Final = f"max-age={YEAR}"
POLICY: Final = "content-security-policy"

NOT_KEPT: Final = ("/api", "/auth")
DAGSTER: Final = "/dagster"
GRAPHIQL: Final = "/dagster/graphql"


def policy(**directives: str) -> str:
    """A content security policy: ours, with some directives replaced (`style_src="'self' 'nonce-x'"`)."""
    return "; ".join(
        f"{name.replace('_', '-')} {value}" for name, value in {**_DIRECTIVES, **directives}.items()
    )


_DIRECTIVES: Final = {
    "default_src": "'self'",
    "script_src": "'self'",
    "style_src": "'self'",
    "img_src": "'self' data:",
    "connect_src": "'self'",
    "object_src": "'none'",
    "base_uri": "'none'",
    "form_action": "'self'",
    "frame_ancestors": "'none'",
}
STRICT: Final = policy()
# Dagster's playground for GraphQL comes without a policy, and with its script inside the page.
PLAYGROUND: Final = policy(
    script_src="'self' 'unsafe-inline'", style_src="'self' 'unsafe-inline'", font_src="'self' data:"
)


class SecurityHeaders:
    """Adds to every answer what it does not say itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; complete the head of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, completed)


def _complete(headers: MutableHeaders, scope: Scope) -> None:
    for name, value in ALWAYS.items():
        headers.setdefault(name, value)
    if scope["scheme"] == "https":
        headers.setdefault("strict-transport-security", STRICT_TRANSPORT)
    path = str(scope["path"])
    if _is_under(path, *NOT_KEPT):
        headers.setdefault("cache-control", "no-store")
    missing = _policy_for(path, headers.get("content-type", ""))
    if missing is not None:
        headers.setdefault(POLICY, missing)


def _policy_for(path: str, content_type: str) -> str | None:
    """Dagster's scripts start workers, which follow the policy of their own file: those are left alone."""
    if not _is_under(path, DAGSTER):
        return STRICT
    if "html" not in content_type:
        return None
    return PLAYGROUND if path == GRAPHIQL else STRICT


def _is_under(path: str, *places: str) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)
