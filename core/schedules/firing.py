"""What becomes of each time at which a trigger was due: a run, skipped, missed. Pure; `ledger` keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

RUN, SKIPPED, MISSED = "run", "skipped", "missed"
SKIP, QUEUE, ALLOW = "skip", "queue", "allow"
# What is looked at later than this after it was due was missed: nothing ticked in the meantime.
MISSED_AFTER: Final = timedelta(minutes=5)
# How far back is looked after an outage, and how many of the times that were missed are written down.
LOOK_BACK: Final = timedelta(days=7)
MOST_MISSED: Final = 100


@dataclass(frozen=True)
class Rule:
    """How a trigger wants it: the newest `missed_limit` missed times run (0: none); `overlap` of its job."""

    overlap: str
    missed_limit: int = 0


@dataclass(frozen=True)
class Decision:
    """What becomes of one due time, and why, unless it runs as it should."""

    due_at: datetime
    outcome: str
    reason: str | None = None


def look_from(now: datetime, *bounds: datetime | None) -> datetime:
    """From when on due times count: after the last that was decided, the change, the resumption."""
    return max(now - LOOK_BACK, *(bound for bound in bounds if bound is not None))


def decide(due: Sequence[datetime], now: datetime, rule: Rule, busy: str | None) -> list[Decision]:
    """Decide due times, which are given oldest first.

    `busy` says in words what is not over, if a run of the job is not. What is missed and made up for counts
    as any other: with the rule `skip`, one run holds up the next.
    """
    missed = [at for at in due if now - at > MISSED_AFTER]
    made_up = set(missed[len(missed) - rule.missed_limit :] if rule.missed_limit else [])
    decisions = _passed_over([at for at in missed if at not in made_up], rule)
    for at in due:
        if at in made_up or now - at <= MISSED_AFTER:
            decisions.append(_of_one(at, rule, busy))
            busy = _following(at) if rule.overlap == SKIP and busy is None else busy
    return sorted(decisions, key=lambda decision: decision.due_at)


def _of_one(at: datetime, rule: Rule, busy: str | None) -> Decision:
    if rule.overlap == SKIP and busy is not None:
        return Decision(at, SKIPPED, f"{busy}, and the job's overlap rule is to skip.")
    return Decision(at, RUN)


def _following(at: datetime) -> str:
    return f"The run that was due at {at.isoformat(timespec='minutes')} was asked for at the same time"


def _passed_over(missed: Sequence[datetime], rule: Rule) -> list[Decision]:
    """Missed times that are not made up for: the newest of them each, the others as a number."""
    why = "Dagster did not tick at that time"
    why += f"; the newest {rule.missed_limit} missed are made up for." if rule.missed_limit else "."
    kept = missed[-MOST_MISSED:]
    unlisted = len(missed) - len(kept)
    more = f" {unlisted} more before it were missed, too." if unlisted else ""
    return [Decision(at, MISSED, why + (more if place == 0 else "")) for place, at in enumerate(kept)]
