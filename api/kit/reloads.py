"""Reloads of the code location, in the background: one at a time, then one more for all that was asked."""

import logging
import threading
from collections.abc import Callable

from core.kit.errors import WorkbenchError

log = logging.getLogger("workbench.api")


class Reloads:
    """Asks Dagster to load the definitions anew. One that fails is no loss: the code location asks again."""

    def __init__(self, reload: Callable[[], None]) -> None:
        self._reload = reload
        self._lock = threading.Lock()
        self._is_running = False
        self._is_wanted = False

    def ask(self) -> None:
        """Have the definitions loaded anew soon. Does not wait for it."""
        with self._lock:
            self._is_wanted = True
            if self._is_running:
                return
            self._is_running = True
        threading.Thread(target=self._work, name="reload", daemon=True).start()

    def _work(self) -> None:
        while self._take():
            try:
                self._reload()
            except WorkbenchError as error:
                log.warning("Dagster was not asked to load the definitions anew: %s", error.message)
            except Exception:
                log.exception("Dagster could not be asked to load the definitions anew")

    def _take(self) -> bool:
        with self._lock:
            wanted, self._is_wanted = self._is_wanted, False
            self._is_running = wanted
            return wanted
