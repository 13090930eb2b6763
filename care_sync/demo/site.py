"""CareSync at the demo's agency: the settings file that a person would write, the store, and the cards that were sold.

Everything lies in one folder, and nothing in it is worth keeping: the next demo starts afresh.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from textwrap import indent

from care_sync.application import Application
from care_sync.demo.agency import FIRST_DAY, INTERNAL, Agency
from care_sync.demo.customers import RATES
from care_sync.demo.fields import FIELDS
from care_sync.demo.workplace import OUR_EMAIL, TOGGL_TOKEN, ZENDESK_TOKEN, Workplace
from care_sync.errors import UserError
from care_sync.ledger import cards

FIRST_LINE = "# The settings of the demo's agency, made by `care-sync demo`, which makes them anew each time."
WEBHOOK_SECRET = "webhook-secret-of-the-demo"  # noqa: S105 - of a sandbox on loopback
STORE = "care-sync.sqlite"
BOOKKEEPER = "bookkeeper"

TEMPLATE = """\
{first_line}
# config.example.yaml shows every setting with its meaning.
company: {{name: CARE, locale: en-GB}}       # notes to colleagues in English; customers read their own language

helpdesk:
  product: zendesk
  subdomain: {subdomain}
  base_url: {zendesk}       # the sandbox on this machine
  email: {email}
  api_token: {zendesk_token}
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
    renamed = [one for one in agency.customers if one.client != one.name]
    return TEMPLATE.format(
        first_line=FIRST_LINE,
        subdomain=workplace.account.subdomain,
        zendesk=workplace.zendesk.base_url,
        toggl=workplace.toggl.base_url,
        workspace=workplace.workspace.workspace_id,
        email=OUR_EMAIL,
        zendesk_token=ZENDESK_TOKEN,
        toggl_token=TOGGL_TOKEN,
        secret=WEBHOOK_SECRET,
        fields=indent("\n".join(f"{name}: {field.title}" for name, field in FIELDS.items()), "    "),
        clients="{" + ", ".join(f'"{one.client}": "{one.name}"' for one in renamed) + "}",
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
        if config.exists() and not config.read_text(encoding="utf-8").startswith(FIRST_LINE):
            raise UserError(f"{config} is not the demo's", ["give another --folder"])
        for path in (config, *sorted(folder.glob(f"{STORE}*"))):
            path.unlink(missing_ok=True)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{folder} cannot be used for the demo: {error}", ["give another --folder"]) from None
    return config


def sell_cards(application: Application, agency: Agency) -> int:
    """Enter the hour cards that were sold, with what was used before CareSync came; gives how many.

    The customers must have been read from the helpdesk.
    """
    now, sold = application.site.now(), 0
    with application.store.begin() as work:
        for customer in agency.customers:
            organization = work.organizations.by_name(customer.name)
            assert organization is not None, f"{customer.name} was not read"
            for one in customer.cards:
                sold += 1
                card = cards.buy(
                    work,
                    organization.id,
                    hours=one.hours,
                    rate=one.rate,
                    bought_on=one.bought_on,
                    reference=f"F{one.bought_on:%Y-%m}{sold:02}",
                    now=now,
                    actor=BOOKKEEPER,
                )
                if one.hours_used:
                    cards.adjust(
                        work,
                        card.card_id,
                        seconds=-int(one.hours_used * Decimal(3600)),
                        day=FIRST_DAY,
                        now=now,
                        actor=BOOKKEEPER,
                        reason="used before CareSync came, by the spreadsheet",
                    )
    return sold
