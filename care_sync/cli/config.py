"""``care-sync config``: the settings, checked and shown."""

from __future__ import annotations

from typing import Annotated

import typer
import yaml

from care_sync.check import check_site
from care_sync.cli.check import report
from care_sync.cli.session import Session
from care_sync.settings import shown_settings
from care_sync.terminal import print_json, write
from connectors.records import CheckResult


def check(context: typer.Context) -> None:
    """Check settings, rules, message templates and the database; nothing is written, no product is asked.

    Ends with exit code 1 when anything is wrong.

    ```
    care-sync config check
    care-sync --config /etc/care-sync/config.yaml config check
    ```
    """
    report([CheckResult("settings", passed=True), *check_site(Session.of(context).settings())])


def show(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of YAML.")] = False,
) -> None:
    """Show the settings as they apply: file, secret files, environment and defaults together.

    Secrets are not shown.

    ```
    care-sync config show
    care-sync config show --json | jq .schedule
    ```
    """
    shown = shown_settings(Session.of(context).settings())
    if as_json:
        print_json(shown)
    else:
        write(yaml.safe_dump(shown, allow_unicode=True, sort_keys=False))
