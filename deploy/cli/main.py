"""`workbench`: start the stack on this machine, ask how it does, check the machine, let an admin back in.

Everything heavy is imported by the command that needs it, so that `workbench --help` answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer

EXIT_CODES = """Exit codes: 0 stopped cleanly, or all is well; 1 a part did not come up, or is not ready;
2 wrong command line or settings; 3 the machine, the data folder or the database does not allow
a start; 4 already running on this data folder; 130 stopped by a second Ctrl-C."""

USAGE = 2

app = typer.Typer(
    name="workbench",
    help="dbt Workbench: dbt projects, their runs and their catalog, on Dagster and PostgreSQL.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

admin = typer.Typer(
    help="What needs no login but the data folder.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(admin, name="admin")

Data = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder of everything that is kept. [default: .workbench, or WORKBENCH_DATA]"
    ),
]


@app.command()
def up(
    *,
    project: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR", help="Folder of a dbt project to add; may be repeated. It is remembered."
        ),
    ] = None,
    data: Data = None,
    port: Annotated[
        int | None, typer.Option(metavar="N", help="Port of the web app. [default: 8580, or WORKBENCH_PORT]")
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address to listen on; most need login. [default: 127.0.0.1, or WORKBENCH_HOST]",
        ),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="Add the demo project and build it once.")
    ] = True,
) -> None:
    """Start everything in the foreground; Ctrl-C stops it all."""
    from deploy.cli.commands import run_up
    from deploy.local.up import Wishes

    raise typer.Exit(run_up(Wishes(project or [], data, port, host, demo)))


@app.command()
def status(data: Data = None) -> None:
    """Say what runs on a data folder, and whether it is ready."""
    from deploy.cli.commands import run_status

    raise typer.Exit(run_status(data))


@app.command()
def check(
    data: Data = None, port: Annotated[int | None, typer.Option(metavar="N", help="Port to try.")] = None
) -> None:
    """Check settings and machine without starting anything."""
    from deploy.cli.commands import run_check

    raise typer.Exit(run_check(data, port))


@admin.command("reset-password")
def reset_password(
    username: Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")], data: Data = None
) -> None:
    """Give an account a new password and print it once; for when nobody can log in any more."""
    from deploy.cli.commands import run_reset_password

    raise typer.Exit(run_reset_password(data, username))


@admin.command("rotate-keys")
def rotate_keys(data: Data = None) -> None:
    """Sign access tokens with a new key from now on."""
    from deploy.cli.commands import run_rotate_keys

    raise typer.Exit(run_rotate_keys(data))


@app.command()
def version() -> None:
    """Print the version."""
    from core import __version__

    typer.echo(f"dbt Workbench {__version__}")
