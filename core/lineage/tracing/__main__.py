"""`python -m core.lineage.tracing ENVIRONMENT_ID`: compute the lineage of one environment.

A process of its own: it forks its helpers without the threads of a server or of Dagster, and gives back all
of its memory at the end. DATABASE_URL says where. Prints what it did as JSON; a traceback goes to stderr.
"""

import argparse
import json
import sys
from dataclasses import asdict

from core.kit.database import Database, make_engine
from core.kit.settings import get_settings
from core.lineage.tracing.service import trace_environment

OK, FAILED, OTHERS = 0, 1, 3


def main(arguments: list[str]) -> int:
    """The exit code: 3 where another process is at it."""
    parser = argparse.ArgumentParser(prog="python -m core.lineage.tracing")
    parser.add_argument("environment", type=int, help="number of the environment")
    parser.add_argument("--run", default=None, help="id of the Dagster run that asks for it")
    chosen = parser.parse_args(arguments)
    address = get_settings().database_url
    if address is None:
        sys.stderr.write("DATABASE_URL is not set.\n")
        return FAILED
    db = Database(make_engine(address, pool_size=2))
    outcome = trace_environment(db, chosen.environment, run_id=chosen.run)
    if outcome is None:
        return OTHERS
    sys.stdout.write(json.dumps(asdict(outcome)) + "\n")
    return OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
