"""`python -m api.serve`: the API on the address that the settings name.

Everything is read from the environment: nothing that is secret stands on a command line.
"""

import gc
import sys
from typing import Final

import uvicorn
from fastapi import FastAPI

from api.kit.http import BoundedHttp
from api.main import create_app
from core.kit.errors import Invalid
from core.kit.settings import Settings, get_settings

WRONG_SETTINGS: Final = 2
SHUTDOWN_SECONDS: Final = 3
KEEP_ALIVE_SECONDS: Final = 15
GARBAGE_THRESHOLD: Final = 50_000
LARGEST_FRAME: Final = 1_000_000


def main() -> int:
    """Serve until asked to stop. Returns the exit code."""
    try:
        settings = get_settings()
    except Invalid as error:
        print(error.message, file=sys.stderr)  # noqa: T201 - there is no log yet
        return WRONG_SETTINGS
    uvicorn.Server(config_of(settings)).run()
    return 0


def create_served_app() -> FastAPI:
    """The application of a process that does nothing else.

    What is loaded by now stays for good: looking through all of it again and again for garbage would hold up
    requests by tens of milliseconds.
    """
    app = create_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)
    return app


def config_of(settings: Settings) -> uvicorn.Config:
    """How the server listens and what it believes.

    X-Forwarded-For and -Proto are believed from the proxies that the settings name, and from nobody else:
    the login's limits count by address.
    """
    proxies = [item.strip() for item in settings.trusted_proxies.split(",") if item.strip()]
    return uvicorn.Config(
        "api.serve:create_served_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        http=BoundedHttp,
        ws_max_size=LARGEST_FRAME,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
