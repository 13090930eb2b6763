"""``care-sync setup``: make the helpdesk ready, see what drifted, or take back what was made."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from care_sync.cli.files import write_file
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.pipeline.site import Site
from care_sync.preparation import wanted_of
from care_sync.terminal import print_json, print_table, say
from connectors.errors import ConnectorError
from connectors.preparation import Action, Preparable, Preparation, ScriptedPreparation, Step, Wanted
from connectors.product_settings import WebhookSettings
from connectors.protocols import Helpdesk

MARKS = {
    Action.KEEP: "✓ there",
    Action.CREATE: "+ make",
    Action.COMPLETE: "~ complete",
    Action.REMOVE: "- take away",
    Action.CONFLICT: "✗ in the way",
    Action.BY_HAND: "! by hand",
    Action.UNDONE: "✗ by hand",
}
FOR_PEOPLE = frozenset({Action.CONFLICT, Action.UNDONE})
"""What setup leaves, and is not as it should be."""
SETTLED = frozenset({Action.KEEP, Action.BY_HAND})
"""Nothing drifted: what a product does not show cannot be said to have drifted."""
SECRETS_DIRECTORY = "CARE_SYNC_SECRETS_DIRECTORY"
SECRET = "helpdesk__webhook_secret"  # noqa: S105 - the name of a file


def setup(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Only tell what drifted; exit code 1 when anything did.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take back what was made, and nothing else.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    script: Annotated[
        Path | None,
        typer.Option(help="Write what the helpdesk's administrator runs there into this file, and do nothing else."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The steps as one JSON document.")] = False,
) -> None:
    """Make the helpdesk ready: fields with their options, the webhook with its trigger, views for open questions.

    The plan is shown first. Running it twice makes nothing twice; what people made is completed at most. What the
    helpdesk does not allow through its API is listed as a step for a person. The webhook's secret goes into the secrets
    directory (CARE_SYNC_SECRETS_DIRECTORY) for its owner's eyes alone.

    ```
    care-sync setup              show the plan, ask, do it
    care-sync setup --check      what drifted?
    care-sync setup --remove     take back what was made
    care-sync setup --script rt-setup.pl   Request Tracker: what its API cannot do, to be loaded there
    ```
    """
    if check and (remove or script is not None):
        raise typer.BadParameter("--check goes with no other of these")
    with Session.of(context).application() as application:
        site, helpdesk = application.site, application.site.helpdesk
        preparation = _preparation_of(helpdesk)
        wanted = wanted_of(site.settings, site.rules)
        if script is not None:
            _write_script(helpdesk.product, preparation, wanted, script, remove=remove, as_json=as_json)
            return
        plan = preparation.plan_removal(wanted) if remove else preparation.plan(wanted)
        if check or not _agreed(plan, yes=yes, as_json=as_json):
            _tell(plan, as_json=as_json)
            if any(step.action not in SETTLED for step in plan):
                raise typer.Exit(1)
            return
        if remove:
            done = list(preparation.remove(wanted))
            _tell(done, as_json=as_json)
        else:
            done = _prepare(site, preparation, wanted, as_json=as_json)
    if any(step.action in FOR_PEOPLE for step in done):
        raise typer.Exit(1)


def _preparation_of(helpdesk: Helpdesk) -> Preparation:
    if isinstance(helpdesk, Preparable):
        return helpdesk.preparation
    raise UserError(
        f"{helpdesk.product} cannot be made ready by CareSync",
        [f"docs/connectors tells how to prepare {helpdesk.product} by hand"],
    )


def _prepare(site: Site, preparation: Preparation, wanted: Wanted, *, as_json: bool) -> list[Step]:
    """Make what is planned, show it, and keep the webhook's secret."""
    options = site.settings.helpdesk.options
    configured = options.webhook_secret if isinstance(options, WebhookSettings) else None
    try:
        done = list(preparation.prepare(wanted))
    except ConnectorError:
        # What was made till now stays, and a helpdesk may never show its secret again.
        with suppress(ConnectorError):
            _keep_secret(preparation.signing_secret(wanted), configured, as_json=as_json)
        raise
    _tell(done, as_json=as_json)
    _keep_secret(preparation.signing_secret(wanted), configured, as_json=as_json)
    return done


def _agreed(plan: Sequence[Step], *, yes: bool, as_json: bool) -> bool:
    """Whether there is anything to do, and a person wants it done."""
    if not any(step.action not in (*SETTLED, *FOR_PEOPLE) for step in plan):
        return False
    if yes:
        return True
    _tell(plan, as_json=as_json)
    return typer.confirm("Do this?", err=True)


def _write_script(
    product: str, preparation: Preparation, wanted: Wanted, path: Path, *, remove: bool, as_json: bool
) -> None:
    """Write the script of a helpdesk that has one, and tell what to do with it. There is no secret in it."""
    if not isinstance(preparation, ScriptedPreparation):
        raise UserError(f"{product} needs no script", ["leave --script out: setup does it through the API"])
    written = preparation.removal_script(wanted) if remove else preparation.script(wanted)
    write_file(path, written.text.encode())
    howto = [line.replace("{file}", path.name) for line in written.howto]
    if as_json:
        print_json({"script": str(path), "howto": howto})
        return
    for line in (f"The script is in {path}.", *howto):
        say(line)


def _tell(steps: Iterable[Step], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {"action": step.action.value, "kind": step.kind, "title": step.title, "detail": step.detail}
                for step in steps
            ]
        )
    else:
        print_table(
            "Helpdesk",
            ("", "what", "title", ""),
            ((MARKS[step.action], step.kind, step.title, step.detail) for step in steps),
        )


def _keep_secret(secret: SecretStr | None, configured: SecretStr | None, *, as_json: bool) -> None:
    """Put the webhook's secret where the settings find it, readable for its owner alone."""
    if secret is None or secret == configured:
        return
    directory = os.environ.get(SECRETS_DIRECTORY)
    if directory is None:
        if not as_json:
            say(
                f"Put the webhook's secret into helpdesk.webhook_secret; with {SECRETS_DIRECTORY} set, setup does it. "
                "Most helpdesks show it with their webhook or automation rule; where yours does not, run setup again "
                "with that directory, or with a secret of your own in the settings."
            )
        return
    path = Path(directory) / SECRET
    if path.exists() and path.read_text(encoding="utf-8").strip() == secret.get_secret_value():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(secret.get_secret_value() + "\n")
    if not as_json:
        say(f"The webhook's secret is in {path}.")
