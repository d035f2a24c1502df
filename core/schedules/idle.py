"""What a sensor says when it has looked and nothing had happened: many times a minute, and of no interest."""

import re
from typing import Final

NO_CALL: Final = "No call waits."
NO_ARTIFACTS: Final = "No artifacts have been taken in since."
_NO_RUN: Final = "No run of {!r} has ended since."
_IDLE: Final = re.compile(
    "|".join([re.escape(NO_CALL), re.escape(NO_ARTIFACTS), r"No run of .* has ended since\."])
)


def no_run(job_key: str) -> str:
    """No run of the job that is waited for has ended."""
    return _NO_RUN.format(job_key)


def is_idle(reason: str | None) -> bool:
    """Whether the reason why a sensor asked for no run is that nothing had happened."""
    return reason is not None and _IDLE.fullmatch(reason) is not None
