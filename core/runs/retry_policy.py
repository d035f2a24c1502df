"""When a run that failed is tried again by itself."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from core.kit.errors import FieldError, Invalid

RETRY_OF_TAG: Final = "workbench/retry_of"
ATTEMPT_TAG: Final = "workbench/retry_attempt"
POLICY_TAG: Final = "workbench/retry_policy"
# Told apart by its value, for Dagster finds runs by whole tags: `waiting` until the next attempt is there.
STATE_TAG: Final = "workbench/retry_state"
GIVEN_UP_TAG: Final = "workbench/retry_given_up"
WAITING, DONE = "waiting", "done"

FAILED, ALL = "failed", "all"
WHAT: Final = (FAILED, ALL)
FIXED, EXPONENTIAL = "fixed", "exponential"
BACKOFFS: Final = (FIXED, EXPONENTIAL)
MAX_ATTEMPTS: Final = 10
MAX_DELAY: Final = 24 * 60 * 60


@dataclass(frozen=True)
class RetryPolicy:
    """`max_attempts` counts the first one. The first delay is `delay_seconds`; exponential ones double.

    None of them is longer than `max_delay_seconds`, or than a day without it.
    """

    max_attempts: int
    delay_seconds: int = 60
    backoff: str = FIXED
    what: str = FAILED
    max_delay_seconds: int | None = None

    def delay_after(self, attempt: int) -> float:
        """Seconds between the end of an attempt, counted from 1, and the next; never more than the cap."""
        doubled = attempt - 1 if self.backoff == EXPONENTIAL else 0
        return min(float(self.delay_seconds) * 2**doubled, self.max_delay_seconds or MAX_DELAY)

    def tags(self, attempt: int) -> dict[str, str]:
        """Tags of a run that is this attempt of the policy."""
        state = WAITING if attempt < self.max_attempts else DONE
        said = json.dumps(asdict(self), sort_keys=True)
        return {POLICY_TAG: said, ATTEMPT_TAG: str(attempt), STATE_TAG: state}


def check_policy(policy: RetryPolicy) -> RetryPolicy:
    """The policy, if it can be kept.

    Raises:
        Invalid: names every field that is wrong.
    """
    problems = {
        "max_attempts": not 2 <= policy.max_attempts <= MAX_ATTEMPTS,
        "delay_seconds": not 0 <= policy.delay_seconds <= MAX_DELAY,
        "max_delay_seconds": policy.max_delay_seconds is not None
        and not max(policy.delay_seconds, 1) <= policy.max_delay_seconds <= MAX_DELAY,
        "backoff": policy.backoff not in BACKOFFS,
        "what": policy.what not in WHAT,
    }
    reasons = {
        "max_attempts": f"must be from 2 to {MAX_ATTEMPTS}, the first attempt included",
        "delay_seconds": f"must be from 0 to {MAX_DELAY} seconds",
        "max_delay_seconds": f"must be from the first delay to {MAX_DELAY} seconds, or null",
        "backoff": f"must be {' or '.join(BACKOFFS)}",
        "what": f"must be {' or '.join(WHAT)}",
    }
    details = [FieldError(f"retry.{name}", reasons[name]) for name, wrong in problems.items() if wrong]
    if details:
        said = "; ".join(f"{detail.field} {detail.message}" for detail in details)
        raise Invalid(f"The run was not started: {said}.", details=details)
    return policy


def policy_of(tags: Mapping[str, str]) -> RetryPolicy | None:
    """The policy that a run carries; None for one without, or with one that nobody here wrote."""
    try:
        raw: dict[str, Any] = json.loads(tags[POLICY_TAG])
        return check_policy(RetryPolicy(**raw))
    except (KeyError, ValueError, TypeError, Invalid):
        return None


def attempt_of(tags: Mapping[str, str]) -> int:
    """Which attempt a run is, from 1."""
    said = tags.get(ATTEMPT_TAG, "1")
    return int(said) if said.isdecimal() else 1
