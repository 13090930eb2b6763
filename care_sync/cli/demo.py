"""``care-sync demo``: the main job on a month of a made-up agency, on this machine alone."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from care_sync.cli.session import Session
from care_sync.demo.play import play

NAME = "care-sync"


def demo(
    context: typer.Context,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave stand-ins and daemon running until Ctrl-C, and try things out.")
    ] = False,
    folder: Annotated[
        Path, typer.Option(help="Where the demo's settings and store go; what an earlier demo left is replaced.")
    ] = Path(".demo"),
) -> None:
    """Show the main job: a month of an agency, the nightly sync, and a day of changes.

    Stand-ins for Zendesk and Toggl run on this machine; nothing leaves it, and no account is needed.

    ```
    care-sync demo
    care-sync demo --keep
    care-sync --config .demo/config.yaml status
    ```
    """
    raise typer.Exit(play(folder, Session.of(context).clock, program=_program(), keep=keep))


def _program() -> str:
    """What a person typed to start us, such as ``.venv/bin/care-sync``."""
    typed = sys.argv[0]
    return typed if Path(typed).name == NAME and shutil.which(NAME) != typed else NAME
