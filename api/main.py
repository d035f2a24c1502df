"""The application."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from api.dagster_page.proxy import router as dagster_page
from api.health.endpoints import router as health
from api.kit import errors
from api.kit.dagster import DagsterEngine
from api.kit.guard import LocalOnly
from api.kit.limits import BodyLimit
from api.kit.state import State
from api.lineage.endpoints import router as lineage
from api.models.endpoints import router as models
from api.overview.endpoints import router as overview
from api.plugins.endpoints import router as plugins
from api.runs.endpoints import router as runs
from api.runs.log import router as run_log
from api.web.endpoints import router as web
from api.workspaces.endpoints import router as workspaces
from core import __version__
from core.artifacts.store import ArtifactStore
from core.kit.database import Database, make_engine
from core.kit.settings import Settings, get_settings
from plugins.host.manager import PluginManager

DESCRIPTION = "Workspaces, catalog, lineage and runs of dbt projects. Dagster's own page is under /dagster."


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application.

    Raises:
        Invalid: a setting is wrong or unknown.
    """
    settings = settings or get_settings()
    app = FastAPI(title="dbt Workbench", version=__version__, description=DESCRIPTION, lifespan=_lifespan)
    app.state.workbench = State(
        settings=settings,
        db=Database(make_engine(settings.database_url or "postgresql://")),
        engine=DagsterEngine(settings.dagster_url or "http://127.0.0.1:1"),
        store=ArtifactStore(settings.data_dir),
        plugins=PluginManager(),
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(LocalOnly)
    app.add_middleware(errors.RequestId)
    errors.install(app)
    for router in (health, workspaces, overview, run_log, runs, lineage, models, plugins, dagster_page, web):
        app.include_router(router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    state: State = app.state.workbench
    async with httpx.AsyncClient(timeout=httpx.Timeout(10, read=600), trust_env=False) as client:
        app.state.dagster_client = client
        yield
    state.engine.close()
    state.db.dispose()
