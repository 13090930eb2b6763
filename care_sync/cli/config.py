"""``care-sync config``: the settings, checked and shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer
import yaml
from rich.markup import escape

from care_sync.cli.output import console, print_json
from care_sync.cli.session import Session, command_group
from care_sync.errors import UserError
from care_sync.messages import Messages
from care_sync.settings import Settings, shown_settings
from care_sync.store import open_store

group = command_group("The settings.")


@group.command()
def check(context: typer.Context) -> None:
    """Check settings, rules, message templates and the database; nothing is written, no product is asked.

    Ends with exit code 1 when anything is wrong.

    ```
    care-sync config check
    care-sync --config /etc/care-sync/config.yaml config check
    ```
    """
    settings = Session.of(context).settings()
    console().print("[green]✓[/] settings")
    checks: dict[str, Callable[[Settings], object]] = {
        "message templates": _check_messages,
        "store": _check_store,
    }
    failed = 0
    for name, attempt in checks.items():
        try:
            attempt(settings)
        except UserError as error:
            failed += 1
            console().print(f"[red]✗[/] {name}: {escape(str(error))}", soft_wrap=True)
        else:
            console().print(f"[green]✓[/] {name}")
    if failed:
        raise typer.Exit(1)


@group.command()
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
        yaml.safe_dump(shown, sys.stdout, allow_unicode=True, sort_keys=False)


def _check_messages(settings: Settings) -> None:
    Messages(settings.messages.templates, default_locale=settings.company.locale).check()


def _check_store(settings: Settings) -> None:
    open_store(settings.store.url.get_secret_value()).close()
