"""The application behind a real server on loopback: streams and sockets are beyond a test client."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.main import create_app
from core.kit.settings import Settings
from tests.api.conftest import free_port


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Serve until the end of the block. The address, without a scheme."""
    port = free_port()
    config = uvicorn.Config(
        create_app(settings), "127.0.0.1", port, log_level="critical", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
