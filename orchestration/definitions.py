"""What Dagster loads."""

import gc

from orchestration.defs.compose import load

# Millions of objects are made, and none of them goes: looking for what may go would take a quarter
# of the time.
gc.disable()
defs = load()
gc.freeze()
gc.enable()
