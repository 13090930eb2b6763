"""``care-sync rules schema`` and ``care-sync rules fmt``: help with writing a rules file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from care_sync.cli.files import write_file
from care_sync.cli.output import say
from care_sync.errors import UserError
from care_sync.rules_in_force import read_rules
from rules.model.errors import RulesError
from rules.reading.formatting import formatted
from rules.reading.json_schema import schema_of


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command()(schema)
    group.command()(fmt)


def schema(
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="FILE", help="Rules file; the shipped policy when left out.")
    ] = None,
) -> None:
    """Print a JSON Schema of the rules, made from the file's own facts, for editors.

    Begin your rules file with a line that names it: completion, hover and marks while typing come from there.

    ```
    care-sync rules schema --rules our.yaml > our.schema.json
    # yaml-language-server: $schema=our.schema.json
    ```
    """
    document = schema_of(read_rules(rules).definition)
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def fmt(
    file: Annotated[Path, typer.Argument(help="The rules file.")],
    check: Annotated[bool, typer.Option("--check", help="Only tell whether it is tidy; exit code 1 when not.")] = False,
) -> None:
    """Write a rules file tidily; comments and order stay, and so does every word's meaning.

    ```
    care-sync rules fmt our.yaml
    care-sync rules fmt --check our.yaml
    ```
    """
    try:
        text = file.read_text(encoding="utf-8")
        tidy = formatted(text, str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}"
        ) from None
    except RulesError as error:
        raise UserError("These rules cannot be formatted.", [str(one) for one in error.problems]) from None
    if tidy == text:
        say(f"{file} is tidy.")
    elif check:
        say(f"{file} is not tidy: run `care-sync rules fmt {file}`.")
        raise typer.Exit(1)
    else:
        write_file(file, tidy.encode())
        say(f"{file} was tidied.")
