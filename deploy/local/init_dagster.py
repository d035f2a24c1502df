"""Make or upgrade Dagster's tables once, before several of its services would race to do so.

python -m deploy.local.init_dagster
"""

import sys

from dagster import DagsterInstance


def main() -> int:
    """Open the instance that DAGSTER_HOME names; opening it makes missing tables."""
    with DagsterInstance.get() as instance:
        # Opening makes what is missing; a database of an older Dagster is brought forward.
        instance.upgrade()
    return 0


if __name__ == "__main__":
    sys.exit(main())
