"""`workbench`: start the stack on this machine, ask how it does, check the machine, let an admin back in.

And, from anywhere: bring artifacts to an instance.

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

artifacts = typer.Typer(
    help="Bring artifacts of dbt to an instance, from CI for example.",
    epilog="""Exit codes: 0 taken in (or received, with --no-wait); 1 refused, with file and reason; 2 wrong
command line; 3 the server could not be reached; 4 not done within --timeout.""",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(artifacts, name="artifacts")

Url = Annotated[
    str | None, typer.Option(metavar="URL", help="Address of the Workbench. [default: WORKBENCH_URL]")
]
Token = Annotated[
    str | None,
    typer.Option(metavar="TOKEN", help="API token; `ps` shows it. Better: WORKBENCH_TOKEN, or --token-file."),
]
TokenFile = Annotated[
    str | None, typer.Option(metavar="FILE", help="File that holds the token; - reads standard input.")
]
WorkspaceKey = Annotated[str, typer.Option(metavar="KEY", help="Key of the workspace.")]

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


@admin.command("rotate-encryption")
def rotate_encryption(data: Data = None) -> None:
    """Encrypt the secrets of environments with a new key (or with ENCRYPTION_KEY, where it is set)."""
    from deploy.cli.commands import run_rotate_encryption

    raise typer.Exit(run_rotate_encryption(data))


@artifacts.command()
def push(  # noqa: PLR0913 - they are options
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A project's target/, or the project.")],
    *,
    workspace: WorkspaceKey,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    environment: Annotated[
        str | None, typer.Option(metavar="KEY", help="Environment. [default: the workspace's default one]")
    ] = None,
    create_environment: Annotated[
        bool, typer.Option("--create-environment", help="Make the environment if there is none.")
    ] = False,
    label: Annotated[str, typer.Option(metavar="TEXT", help="What people know it by. [default: DIR]")] = "",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the catalog has it.")] = True,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=0, help="How long to wait.")] = 600,
) -> None:
    """Send manifest.json, catalog.json, run_results.json, sources.json, whichever are there.

    Sending the same again changes nothing, so connections that fail are tried again.
    """
    from deploy.cli.commands import run_push

    where = (url, token, token_file, workspace)
    raise typer.Exit(
        run_push(where, folder, environment, label, timeout if wait else None, create=create_environment)
    )


@artifacts.command("list")
def list_artifacts(
    *,
    workspace: WorkspaceKey,
    url: Url = None,
    token: Token = None,
    token_file: TokenFile = None,
    state: Annotated[
        str | None, typer.Option(help="waiting, ingesting, ingested, superseded or refused.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 25,
) -> None:
    """List what was brought, newest first, with the reason of what was refused."""
    from deploy.cli.commands import run_list_drops

    raise typer.Exit(run_list_drops((url, token, token_file, workspace), state, limit))


@app.command()
def lineage(
    *,
    manifest: Annotated[
        Path | None, typer.Option(metavar="FILE", help="manifest.json of a compiled project.")
    ] = None,
    catalog: Annotated[Path | None, typer.Option(metavar="FILE", help="Its catalog.json.")] = None,
    sql: Annotated[Path | None, typer.Option(metavar="FILE", help="One query instead of a manifest.")] = None,
    schema: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON or YAML: the columns of the tables it reads.")
    ] = None,
    dialect: Annotated[
        str | None, typer.Option(metavar="NAME", help="Dialect of the SQL. [default: that of the adapter]")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write. [default: standard output]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Processes. [default: one per core]")
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="How long one node may take.")
    ] = 60,
) -> None:
    """Print where every column comes from, as JSON; needs no server and no database."""
    from deploy.cli.lineage import Choice, run_lineage

    choice = Choice(manifest, catalog, sql, schema, dialect, output, workers, seconds)
    raise typer.Exit(run_lineage(choice))


@app.command()
def version() -> None:
    """Print the version."""
    from core import __version__

    typer.echo(f"dbt Workbench {__version__}")
