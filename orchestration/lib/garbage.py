"""How often Python looks for objects that only refer to each other."""

import gc
from typing import Final

# Allocations before a look; looks at the youngest before one at the older, and so for the oldest. Our
# processes hold hundreds of megabytes that stay; Python would go through them again and again.
RARELY: Final = (100_000, 50, 100)


def collect_rarely() -> None:
    """For this process, from now on."""
    gc.set_threshold(*RARELY)
