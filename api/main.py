"""The application."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from api.admin.users import router as users
from api.artifacts.endpoints import router as artifacts
from api.audit.endpoints import router as audit
from api.auth.endpoints import router as auth
from api.auth.own import router as own
from api.dagster_page.proxy import router as dagster_page
from api.docs_pages.endpoints import router as docs_pages
from api.environments.endpoints import router as environments
from api.environments.variables import router as environment_variables
from api.events.endpoints import router as events
from api.events.hub import Hub
from api.health.endpoints import router as health
from api.jobs.definitions import router as definitions
from api.jobs.endpoints import router as jobs
from api.jobs.triggers import router as job_triggers
from api.kit import access, errors, refusals
from api.kit.gate import Gate
from api.kit.guard import Guard, Rules
from api.kit.headers import SecurityHeaders
from api.kit.limits import MEGABYTE, BodyLimit
from api.kit.state import State, make_state
from api.kit.timeouts import RequestTimes
from api.lineage.endpoints import router as lineage
from api.lineage.project import router as project_lineage
from api.models.endpoints import router as models
from api.notifications.channels import router as channels
from api.notifications.deliveries import router as deliveries
from api.notifications.rules import router as rules
from api.overview.endpoints import router as overview
from api.plugins.endpoints import router as plugins
from api.runs.endpoints import router as runs
from api.runs.log import router as run_log
from api.runs.nodes import router as run_nodes
from api.runs.preview import router as run_preview
from api.runs.queue import router as run_queue
from api.runs.retry import router as run_retry
from api.search.endpoints import router as search
from api.snapshots.endpoints import router as snapshots
from api.validation.endpoints import router as validation
from api.web.endpoints import router as web
from api.workspaces.endpoints import router as workspaces
from api.workspaces.members import router as members
from api.workspaces.tokens import router as tokens
from core import __version__
from core.kit.settings import Settings, get_settings

DESCRIPTION = "Workspaces, catalog, lineage and runs of dbt projects. Dagster's own page is under /dagster."


# The web app takes every address that is nobody else's, so it comes last.
ROUTERS = (
    health,
    auth,
    own,
    workspaces,
    members,
    tokens,
    users,
    audit,
    environments,
    environment_variables,
    channels,
    rules,
    deliveries,
    overview,
    run_log,
    run_queue,
    run_preview,
    run_retry,
    runs,
    run_nodes,
    definitions,
    jobs,
    job_triggers,
    artifacts,
    search,
    snapshots,
    validation,
    events,
    lineage,
    project_lineage,
    models,
    plugins,
    dagster_page,
    docs_pages,
    web,
)


class Application(FastAPI):
    """FastAPI with the security headers on every answer, those to errors of our own too."""

    def openapi(self) -> dict[str, Any]:
        """The document, which also says how one shows who one is."""
        document = super().openapi()
        document["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        return document

    def build_middleware_stack(self) -> ASGIApp:
        """The headers come outermost."""
        return SecurityHeaders(super().build_middleware_stack())


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application.

    Raises:
        Invalid: a setting is wrong or unknown.
    """
    settings = settings or get_settings()
    app = Application(
        title="dbt Workbench",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.workbench = make_state(settings)
    app.add_middleware(BodyLimit, uploads=settings.artifact_upload_max_mb * MEGABYTE)
    app.add_middleware(Gate, closed=settings.auth_enabled)
    app.add_middleware(RequestTimes, settings.request_seconds)
    if settings.cors_origins:
        _share(app, settings.cors_origin_list)
    app.add_middleware(Guard, Rules.of(settings))
    app.add_middleware(errors.RequestId)
    errors.install(app)
    refusals.install(app)
    for router in ROUTERS:
        access.describe(router)
        app.include_router(router)
    return app


def _share(app: FastAPI, origins: list[str]) -> None:
    """Let pages of listed origins ask, with a token; what browsers add by themselves never counts."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_credentials=False,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        expose_headers=["X-Request-Id", "Retry-After"],
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    state: State = app.state.workbench
    async with httpx.AsyncClient(timeout=httpx.Timeout(10, read=600), trust_env=False) as client:
        app.state.dagster_client = client
        app.state.hub = Hub(state.settings.database_url or "")
        yield
        await app.state.hub.close()
    state.engine.close()
    state.identifier.engine.dispose()
    state.db.dispose()
