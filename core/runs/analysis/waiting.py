"""What a node of a step had to wait for, before dbt could begin it."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from core.runs.analysis.values import Reads


class Waits:
    """The nodes of one step that each node of it waits for.

    These are its parents; behind a parent that is not part of the step (an ephemeral model, a source), the
    parents of that. In `build` a node that is no test also waits for those tests of its parents that are
    about nothing but what it is made of.
    """

    def __init__(
        self, reads: Reads, members: Collection[str], tests: Collection[str], *, builds: bool
    ) -> None:
        self._reads = reads
        self._members = members
        self._tests = tests
        self._builds = builds

    def parents(self, unique_id: str) -> frozenset[str]:
        """The nodes of the step that it is made of."""
        found: set[str] = set()
        seen: set[str] = set()
        waiting = list(self._reads.get(unique_id, ()))
        while waiting:
            parent = waiting.pop()
            if parent in seen:
                continue
            seen.add(parent)
            if parent in self._members:
                found.add(parent)
            else:
                waiting += self._reads.get(parent, ())
        return frozenset(found)

    def tests_before(self, unique_id: str) -> frozenset[str]:
        """The tests that have to pass first; none for a test, and none outside of `build`."""
        if not self._builds or unique_id in self._tests:
            return frozenset()
        about = {test for parent in self.parents(unique_id) for test in self._tests_of.get(parent, ())}
        return frozenset(test for test in about if self._is_before(test, unique_id))

    def _is_before(self, test: str, unique_id: str) -> bool:
        """A test of one node only is of a parent; where it is of several, all must be ancestors."""
        subjects = self._subjects[test]
        if len(subjects) == 1:
            return True
        above, number = self._above.get(unique_id, 0), self._numbers
        return all(above >> number[subject] & 1 for subject in subjects)

    @cached_property
    def _subjects(self) -> Mapping[str, frozenset[str]]:
        return {test: self.parents(test) for test in self._tests}

    @cached_property
    def _tests_of(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for test, subjects in self._subjects.items():
            for subject in subjects:
                found.setdefault(subject, []).append(test)
        return found

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {member: index for index, member in enumerate(self._members)}

    @cached_property
    def _above(self) -> Mapping[str, int]:
        """The ancestors of each node within the step, one bit each: thousands of sets would not do."""
        above: dict[str, int] = {}
        for node in self._in_order():
            bits = 0
            for parent in self._reads.get(node, ()):
                number = self._numbers.get(parent)
                bits |= above.get(parent, 0) | (0 if number is None else 1 << number)
            above[node] = bits
        return above

    def _in_order(self) -> Sequence[str]:
        try:
            return list(TopologicalSorter(self._reads).static_order())
        except CycleError:  # artifacts that somebody made by hand
            return []
