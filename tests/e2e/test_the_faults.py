"""Each part of the product is killed in the middle of a run, as `make faults` does and prints."""

import pytest

from bench.faults import FAULTS, Fault, Product, strike
from tests.e2e.conftest import Stack


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_run_ends_truly_and_the_next_one_works(stack: Stack, fault: Fault) -> None:
    outcome = strike(Product(stack.port, stack.data), fault)
    assert outcome.problems(fault) == [], outcome
