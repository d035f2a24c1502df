"""`python -m core.lineage.columns FD MODULE:FUNCTION`: read SQL for who is at the other end."""

import importlib
import sys
from multiprocessing.connection import Connection

from core.lineage.columns.serving import serve

if __name__ == "__main__":
    number, name = sys.argv[1:]
    module, _, function = name.partition(":")
    serve(Connection(int(number)), getattr(importlib.import_module(module), function))
