"""Putting the command line together, and turning errors into words and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from care_sync.cli.commands import COMMANDS
from care_sync.cli.lazy import LazyGroup
from care_sync.cli.options import Options
from care_sync.errors import CareSyncError, IntegrityError, UserError
from care_sync.terminal import complain
from connectors.errors import ConnectorError

HELP = """Decides by rules whether a helpdesk ticket is inside a customer's SLA and who pays, and keeps the hour cards.

A first time:

    cp config.example.yaml config.yaml     name your helpdesk and time trackers
    care-sync store migrate                make the database
    care-sync check                        everything right?
    care-sync sync --dry-run               see what would happen
    care-sync sync                         do it once
    care-sync run                          keep doing it

`care-sync COMMAND --help` shows examples of each command.
"""


class CareSync(LazyGroup):
    """The commands of the command line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(table=COMMANDS, **settings)


app = typer.Typer(
    name="care-sync",
    cls=CareSync,
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  # a tenth of what the help costs, for this alone

        sys.stdout.write(f"care-sync {version('care-sync')}\n")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config_file: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Settings file. Default: CARE_SYNC_CONFIG, or ./config.yaml.",
            show_default=False,
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what happens, and show defects in full.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before the command; a program that runs commands may bring its own session."""
    if context.obj is None:
        context.obj = Options(config_file, verbose)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    try:
        app(list(arguments), prog_name="care-sync")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except KeyboardInterrupt:
        return 130
    except UserError as error:
        complain("Error", error.message, error.problems)
        return error.exit_code
    except ConnectorError as error:
        complain("Error", str(error))
    except IntegrityError as error:
        complain("Error", f"An invariant of the ledger does not hold: {error}", ["nothing of the change was written"])
    except CareSyncError as error:
        complain("Error", str(error))
    except BrokenPipeError:
        # Whoever read our output has enough of it: no more of it, and no complaint at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if "--verbose" in arguments or "-v" in arguments:
            raise
        complain(
            "Error",
            f"This is a defect of CareSync: {type(error).__name__}.",
            ["run it again with --verbose first, as in `care-sync --verbose sync`, and report what it shows"],
        )
    return 1


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))
