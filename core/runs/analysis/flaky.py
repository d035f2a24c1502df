"""Flaky nodes: the same code on the same data, and yet another outcome.

Two executions of a node, one right after the other in the same environment, show it to be flaky when

- one ended well and the other failed;
- both ran the same SQL: the hash of their compiled SQL is known and the same;
- the data that the SQL reads was the same: none of the nodes whose stored data it reads (tables, incremental
  models, seeds, snapshots; through views and ephemeral models down to these), and none of the views on the
  way, ran between the start of the first and the end of the second.

What reads a source, or a relation that the warehouse refreshes by itself, also through views, is never called
flaky: nobody here knows when that data changed.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.runs.analysis.values import FAILED, WELL, Reads

# These store nothing: whoever reads them reads what they read.
PASSING_ON = frozenset({"view", "ephemeral"})
# These change without a run.
BY_ITSELF = frozenset({"materialized_view", "dynamic_table", "streaming_table"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One execution of a node: when, what of, and how it ended."""

    run_id: str
    step: int
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    code_hash: UUID | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What a node is, as far as it matters to those that read it."""

    resource_type: str
    materialization: str | None


@dataclass(frozen=True, slots=True)
class Inputs:
    """The nodes whose executions change what a node reads.

    `knowable` is false where its data may change without any.
    """

    unique_ids: frozenset[str]
    knowable: bool


def inputs_of(unique_id: str, reads: Reads, nodes: Mapping[str, Stored]) -> Inputs:
    """What a node reads, through views and ephemeral models down to where data is stored."""
    found: set[str] = set()
    knowable = True
    waiting = list(reads.get(unique_id, ()))
    while waiting:
        parent = waiting.pop()
        if parent in found:
            continue
        found.add(parent)
        known = nodes.get(parent)
        if known is None or known.resource_type == "source" or known.materialization in BY_ITSELF:
            knowable = False
        elif known.materialization in PASSING_ON:
            waiting += reads.get(parent, ())
    return Inputs(frozenset(found), knowable)


def flaky_pairs(
    outcomes: Iterable[Outcome], inputs: Inputs, ran: Sequence[datetime]
) -> list[tuple[Outcome, Outcome]]:
    """The pairs of executions that show a node to be flaky, latest last; see the module for what that means.

    `ran`: when any of the inputs ended an execution.
    """
    if not inputs.knowable:
        return []
    told = [one for one in outcomes if one.started_at and (one.status in FAILED or one.status in WELL)]
    told.sort(key=lambda one: (one.started_at, one.run_id, one.step))
    return [
        (first, second)
        for first, second in itertools.pairwise(told)
        if _differ(first, second) and not _ran_between(first, second, ran)
    ]


def _differ(first: Outcome, second: Outcome) -> bool:
    same_code = first.code_hash is not None and first.code_hash == second.code_hash
    return same_code and (first.status in FAILED) != (second.status in FAILED)


def _ran_between(first: Outcome, second: Outcome, ran: Sequence[datetime]) -> bool:
    start, end = first.started_at, second.finished_at or second.started_at
    assert start is not None  # noqa: S101 - those without were left out
    assert end is not None  # noqa: S101 - as above
    return any(start <= moment <= end for moment in ran)
