"""What has to happen once before the services start: migrations, Dagster's tables, the projects.

python -m deploy.containers.prepare [--project DIR]... [--no-demo]
"""

import sys
from collections.abc import Sequence

from core.kit.errors import Invalid, WorkbenchError
from core.kit.settings import load_settings
from core.schema import migrate
from deploy.local import dagster_home, init_dagster, projects
from deploy.local.layout import DataFolder


def main(arguments: Sequence[str]) -> int:
    """Prepare database and data folder. Returns the exit code."""
    try:
        settings = load_settings()
        if settings.database_url is None:
            raise Invalid("DATABASE_URL is not set.")
        data = DataFolder(settings.data_dir)
        data.create()
        migrate(settings.database_url)
    except WorkbenchError as error:
        print(error.message, file=sys.stderr)
        return 1
    dagster_home.write_configuration(data)
    return init_dagster.main() or projects.main([*arguments, "--result", str(data.root / "projects.json")])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
