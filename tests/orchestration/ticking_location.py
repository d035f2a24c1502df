"""What Dagster loads in these tests: see `ticking`."""

from tests.orchestration.ticking import definitions

defs = definitions()
