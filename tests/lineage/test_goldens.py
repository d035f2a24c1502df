"""The hand-written cases of two other projects, each column compared exactly.

Two of their 302 columns are not met: sqllineage/203 is a UNION of one column and two, which no warehouse
takes; it is reported as partial.
"""

from pathlib import Path

import pytest

from tests.lineage.goldens import cases, scored

NOT_MET = {"sqllineage/203"}


@pytest.fixture
def golden_file(reference_data: Path) -> Path:
    path = reference_data / "column_lineage" / "cases.jsonl"
    if not path.is_file():
        pytest.skip(f"no cases at {path}")
    return path


def test_all_columns_but_those_named_are_met(golden_file: Path) -> None:
    results = [result for case in cases(golden_file) for result in scored(case)]
    missed = [result for result in results if not result.passes]
    assert {result.case for result in missed} <= NOT_MET, missed
    assert (len(results) - len(missed)) / len(results) >= 0.99
