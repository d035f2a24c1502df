"""`python -m deploy.cli` is `workbench`."""

from deploy.cli.main import app

app(prog_name="workbench")
