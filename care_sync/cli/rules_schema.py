"""``care-sync rules schema``: what an editor needs to help with a rules file."""

from __future__ import annotations

from care_sync.cli.rules_input import SHIPPED_NAME, RulesArgument, open_rules
from care_sync.terminal import print_json
from rules.reading.json_schema import schema_of


def schema(rules: RulesArgument = SHIPPED_NAME) -> None:
    """Print a JSON Schema of the rules, made from the file's own facts, for editors.

    Begin your rules file with a line that names it: completion, hover and marks while typing come from there.

    ```
    care-sync rules schema our.yaml > our.schema.json
    # yaml-language-server: $schema=our.schema.json
    ```
    """
    print_json(schema_of(open_rules(rules).definition), indent=1)
