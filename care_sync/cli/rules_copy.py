"""``care-sync rules copy``: the shipped rules with their cases and schema, to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from care_sync.cli.files import write_file
from care_sync.errors import UserError
from care_sync.rules_file import cases_beside, read_rules
from care_sync.terminal import say
from rules.loading import SHIPPED
from rules.reading.json_schema import schema_of

SCHEMA_LINE = "# yaml-language-server: $schema="
"""How a rules file names its schema to editors, in its first line."""


def copy(file: Annotated[Path, typer.Argument(help="Where to put the rules, such as our.yaml.")]) -> None:
    """Copy the policy that comes with CareSync, to change it: the rules, their cases, and the schema for editors.

    Nothing that exists is overwritten. The settings name the copy: `rules: {path: our.yaml}`.

    ```
    care-sync rules copy our.yaml
    care-sync rules check our.yaml
    care-sync rules diff shipped our.yaml
    ```
    """
    schema = file.with_suffix(".schema.json")
    rules = SHIPPED.read_text("utf-8").replace(
        f"{SCHEMA_LINE}{SHIPPED.with_suffix('.schema.json').name}", f"{SCHEMA_LINE}{schema.name}", 1
    )
    contents = {
        file: rules,
        cases_beside(file): cases_beside(SHIPPED).read_text("utf-8"),
        schema: json.dumps(schema_of(read_rules(None).definition), ensure_ascii=False, indent=1) + "\n",
    }
    existing = [str(path) for path in contents if path.exists()]
    if existing:
        raise UserError("Nothing was copied: some of the files exist.", [*existing, "choose another name"])
    for path, text in contents.items():
        write_file(path, text.encode())
        say(f"Written: {path}")
