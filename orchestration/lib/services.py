"""What a Dagster process needs of the product: settings, database, artifact store."""

from dataclasses import dataclass
from functools import lru_cache

from core.artifacts.store import ArtifactStore
from core.kit.database import Database, make_engine
from core.kit.errors import Invalid
from core.kit.settings import Settings, get_settings


@dataclass(frozen=True)
class Services:
    """Shared by everything in one process."""

    settings: Settings
    db: Database
    store: ArtifactStore


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process.

    Raises:
        Invalid: DATABASE_URL is not set.
    """
    settings = get_settings()
    if settings.database_url is None:
        raise Invalid("DATABASE_URL is not set; `workbench up` sets it for the processes that it starts.")
    return Services(
        settings, Database(make_engine(settings.database_url, pool_size=3)), ArtifactStore(settings.data_dir)
    )
