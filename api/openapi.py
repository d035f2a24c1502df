"""Writes the OpenAPI document that the web app's client is made from; `--check` fails when it is stale."""

import json
import sys
from pathlib import Path

from api.main import create_app
from core.kit.settings import Settings

TARGET = Path(__file__).parents[1] / "ui_extensions" / "src" / "api" / "openapi.json"


def document() -> str:
    """The document, formatted the same way every time."""
    app = create_app(Settings.model_construct(database_url=None, data_dir=Path(), dagster_url=None))
    return json.dumps(app.openapi(), indent=2, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the document, or compare it with the one on disk. Returns the exit code."""
    fresh = document()
    if "--check" not in arguments:
        TARGET.write_text(fresh, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == fresh:
        return 0
    sys.stderr.write("The OpenAPI document is stale: run `make openapi` and commit the result.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
