"""``care-sync rules fmt``: a rules file written tidily."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from care_sync.cli.files import write_file
from care_sync.cli.rules_input import read_file
from care_sync.errors import UserError
from care_sync.terminal import say
from rules.model.errors import RulesError
from rules.reading.formatting import formatted


def fmt(
    file: Annotated[Path, typer.Argument(help="The rules file.")],
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is tidy; exit code 1 when not.")] = False,
) -> None:
    """Write a rules file tidily; comments and order stay, and so does the meaning of every word.

    ```
    care-sync rules fmt our.yaml
    care-sync rules fmt --check our.yaml
    ```
    """
    text = read_file(str(file))
    try:
        tidy = formatted(text, str(file))
    except RulesError as error:
        raise UserError("These rules cannot be formatted.", list(map(str, error.problems))) from None
    if tidy == text:
        say(f"{file} is tidy.")
    elif check:
        say(f"{file} is not tidy: run `care-sync rules fmt {file}`.")
        raise typer.Exit(1)
    else:
        write_file(file, tidy.encode())
        say(f"{file} is tidy now.")
