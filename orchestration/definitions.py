"""What Dagster loads."""

import gc

from orchestration.defs.compose import load
from orchestration.lib.garbage import collect_rarely

# Millions of objects are made, and none of them goes: looking for what may go would take a quarter
# of the time.
gc.disable()
defs = load()
gc.freeze()
gc.enable()
# What Dagster makes of them for other processes, and at each tick, is as large.
collect_rarely()
