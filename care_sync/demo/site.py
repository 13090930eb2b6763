"""CareSync at the demo's agency: the settings file that a person would write, the store, and the hour cards.

Everything lies in one folder, and nothing in it is worth keeping: the next demo starts afresh.
"""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from textwrap import indent

from care_sync.application import Application
from care_sync.demo.agency import FIRST_DAY, INTERNAL, Agency
from care_sync.demo.customers import RATES
from care_sync.demo.fields import FIELDS
from care_sync.demo.workplace import TOGGL_TOKEN, ZENDESK_CLIENT, ZENDESK_SECRET, Workplace
from care_sync.errors import UserError
from care_sync.ledger.card_import import import_cards, read_cards

FIRST_LINE = "# The settings of the demo's agency, made by `care-sync demo`, which writes them again each time."
WEBHOOK_SECRET = "webhook-4f1c9a7e2b8d-of-the-demo"  # noqa: S105 - of a sandbox on loopback
REMEDY = "give another --folder"
STAND_IN = re.compile(r"base_url: http://127\.0\.0\.1:(\d+)")
STORE = "care-sync.sqlite"
SPREADSHEET = "strippenkaarten.csv"
BOOKKEEPER = "bookkeeper"

TEMPLATE = """\
{first_line}
# config.example.yaml shows every setting with its meaning.
company: {{name: CARE, locale: en-GB}}       # notes to colleagues in English; customers read their own language

helpdesk:
  product: zendesk
  subdomain: {subdomain}
  base_url: {zendesk}       # the sandbox on this machine
  auth: {{client_id: {zendesk_client}, client_secret: {zendesk_secret}}}
  webhook_secret: {secret}
  fields:
{fields}
  organization_fields: {{sla: sla, covered_services: covered_services}}

time_trackers:
  toggl:
    workspace_id: {workspace}
    base_url: {toggl}       # the sandbox on this machine
    api_token: {toggl_token}
    webhook_secret: {secret}

linking:
  urls: ["https://care.zendesk.com/agent/tickets/{{id}}"]
  clients: {clients}
  ignored:
    projects: ["{internal}"]
    tags: [pauze, verlof]

facts:
  values:
    service: {{service_website: website, service_mail: mail, service_hosting: hosting}}
  defaults: {{quote: none, estimate: none, acceptance: none}}       # an empty field means that there is none

ledger:
  hour_card:
    rates: {rates}
  fair_use:
    minutes_per_month: {{sla_plus: 120, default: 60, none: 20}}

store: {{url: "sqlite:///{store}"}}
schedule: {{poll_minutes: 1}}
web: {{port: 0}}       # any port that is free
"""


def settings_text(workplace: Workplace, agency: Agency) -> str:
    """The settings file."""
    renamed = [customer for customer in agency.customers if customer.client != customer.name]
    return TEMPLATE.format(
        first_line=FIRST_LINE,
        subdomain=workplace.account.subdomain,
        zendesk=workplace.zendesk.base_url,
        toggl=workplace.toggl.base_url,
        workspace=workplace.workspace.workspace_id,
        zendesk_client=ZENDESK_CLIENT,
        zendesk_secret=ZENDESK_SECRET,
        toggl_token=TOGGL_TOKEN,
        secret=WEBHOOK_SECRET,
        fields=indent("\n".join(f"{name}: {field.title}" for name, field in FIELDS.items()), "    "),
        clients="{" + ", ".join(f'"{item.client}": "{item.name}"' for item in renamed) + "}",
        internal=INTERNAL,
        rates="{" + ", ".join(f"{year}: {rate}" for year, rate in RATES.items()) + "}",
        store=STORE,
    )


def make_room(folder: Path) -> Path:
    """Empty the demo's folder of what an earlier demo left, and tell where the settings go.

    Raises :class:`UserError` when something else is there.
    """
    config = folder / "config.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        left = [folder / SPREADSHEET, *sorted(folder.glob(f"{STORE}*"))]
        if config.exists():
            _require_abandoned(config)
        elif strangers := [path for path in left if path.exists()]:
            raise UserError(f"{strangers[0]} may be somebody's: no settings of the demo lie beside it", [REMEDY])
        for path in (*left, config):
            path.unlink(missing_ok=True)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{folder} cannot be used for the demo: {error}", [REMEDY]) from None
    return config


def _require_abandoned(config: Path) -> None:
    """Raise :class:`UserError` for settings that are not the demo's, and for a demo that is still running."""
    text = config.read_text(encoding="utf-8")
    if not text.startswith(FIRST_LINE):
        raise UserError(f"{config} is not the demo's", [REMEDY])
    if (stand_in := STAND_IN.search(text)) is None:
        return
    with suppress(OSError), socket.create_connection(("127.0.0.1", int(stand_in[1])), timeout=1):
        raise UserError(
            f"a demo is still running in {config.parent}", ["end it with Ctrl-C there, or give another --folder"]
        )


def take_cards_over(application: Application, agency: Agency, folder: Path) -> int:
    """Import the hour cards that were sold before CareSync came, from the spreadsheet that kept them; gives how many.

    The customers must have been read from the helpdesk.
    """
    spreadsheet = folder / SPREADSHEET
    spreadsheet.write_text(spreadsheet_text(agency), encoding="utf-8")
    site = application.site
    with application.store.begin() as work:
        work.ledger.lock_head()
        planned = read_cards(
            work,
            spreadsheet.read_bytes(),
            rates=site.settings.ledger.hour_card.rates,
            today=site.today(),
            taken_over_on=FIRST_DAY,
        )
        imported = import_cards(
            work, planned, taken_over_on=FIRST_DAY, now=site.now(), actor=BOOKKEEPER, source=SPREADSHEET
        )
    return len(imported)


def spreadsheet_text(agency: Agency) -> str:
    """The hour cards as a Dutch spreadsheet saves them."""
    lines = ["klant;gekocht op;uren;over;tarief;referentie"]
    for customer in agency.customers:
        for card in customer.cards:
            left = card.hours - card.hours_used
            cells = (customer.name, f"{card.bought_on:%d-%m-%Y}", card.hours, left, card.rate, f"F{len(lines):03}")
            lines.append(
                ";".join(str(cell).replace(".", ",") if isinstance(cell, Decimal) else str(cell) for cell in cells)
            )
    return "\n".join(lines) + "\n"
