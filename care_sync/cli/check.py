"""``care-sync check``: is everything right, before anything is written?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.markup import escape

from care_sync.check import check_products, check_site, check_token_keys, check_webhooks
from care_sync.cli.session import Session
from care_sync.terminal import console, print_json
from connectors.records import CheckResult


def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Try settings, credentials, permissions, fields, clocks, webhooks, rules and store; write nothing.

    One line each, with what to do where something is wrong; then the exit code is 1. A `!` is a
    warning. Tokens that are due are renewed on the way, as a pass does.

    ```
    care-sync check
    care-sync check --json | jq '.[] | select(.passed | not)'
    ```
    """
    session = Session.of(context)
    settings = session.settings()
    results = [
        CheckResult("settings", passed=True),
        *check_site(settings),
        *check_token_keys(settings),
        *check_products(settings, session.clock),
        check_webhooks(settings),
    ]
    report(results, as_json=as_json)


def report(results: Iterable[CheckResult], *, as_json: bool = False) -> None:
    """Print a line for each result; ends with exit code 1 when anything is wrong."""
    results = list(results)
    if as_json:
        print_json(
            [{"subject": result.subject, "passed": result.passed, "remedy": result.remedy} for result in results]
        )
    else:
        for result in results:
            mark = ("[yellow]![/]" if result.remedy else "[green]✓[/]") if result.passed else "[red]✗[/]"
            text = f": {escape(result.remedy)}" if result.remedy else ""
            console().print(f"{mark} {escape(result.subject)}{text}", soft_wrap=True)
    if not all(result.passed for result in results):
        raise typer.Exit(1)
