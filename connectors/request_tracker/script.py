"""The script that makes a Request Tracker ready, and the one that takes back what it made.

Request Tracker's API makes no scrips, rights or saved searches, and applies custom fields to one queue at the most. Its
own way to set a site up is a file of initial data that an administrator loads with ``rt-setup-database``; that is what
we write: :file:`setup.pl` below what is wanted, as JSON.

Terms
    receipt   a hash of what the script makes that the API does not show. It is left in the description of our group,
              so that a later look can tell whether the script that was loaded is the one that would be written today

Promises. A script is loaded whole or not at all; loading it twice changes nothing. It holds no secret: Request Tracker
keeps the text of every file that was loaded in its database, so the webhook's secret is read from the site's
configuration.

Sources: "rt-setup-database", "Initialdata" and "RT::Scrip" of Request Tracker's documentation; 5.0.3 as it answered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from connectors.preparation import MARK, Script, Wanted
from connectors.request_tracker.definitions import OF_TICKETS, Definition, definitions
from connectors.request_tracker.settings import RequestTrackerSettings

LOAD = "load the script that care-sync setup --script FILE writes"
GROUP = "CareSync"
"""The group of the token's user, which has its rights."""
TELLS = "CareSync: tell of changed tickets"
OPENS = "On Correspond Open Inactive Tickets"
"""A scrip that every site has: replies open tickets again."""
SECRET_OPTION = "CareSyncWebhookSecret"  # noqa: S105 - the name of an option
MARKED_SEARCH = "CareSync"
"""Where a saved search of ours holds the mark."""
RIGHTS: Mapping[str, Sequence[str]] = {
    "queue": ("SeeQueue", "ShowTicket", "ShowTicketComments", "CommentOnTicket", "ReplyToTicket", "ModifyCustomField"),
    "site": ("SeeCustomField", "ShowCatalog", "ShowAsset"),
    "group": ("SeeGroup",),
}
"""What the group may do, and where. Lists of custom fields and of assets leave out what may not be seen everywhere."""
FORMAT = (
    "'<a href=\"__WebPath__/Ticket/Display.html?id=__id__\">__id__</a>/TITLE:#',"
    "'<a href=\"__WebPath__/Ticket/Display.html?id=__id__\">__Subject__</a>/TITLE:Subject',"
    "Status, QueueName, Owner, LastUpdatedRelative"
)


def search_name(title: str) -> str:
    """How a search that everybody may use is called in the database; people see the title."""
    return f"Search - {title}"


def search_query(tag: str, settings: RequestTrackerSettings) -> str:
    """The open tickets of the queues that carry a tag."""
    queues = " OR ".join(f"Queue = {_quoted(name)}" for name in settings.queues)
    field = _quoted(f"CF.{{{settings.tags_field}}}")
    return " AND ".join([*([f"( {queues} )"] if queues else []), "Status = '__Active__'", f"{field} = {_quoted(tag)}"])


def receipt(wanted: Wanted, settings: RequestTrackerSettings) -> str:
    """What a script leaves behind that makes this.

    Custom fields, which the API shows, are not in it; nor is the user, so that an administrator who looks sees the
    same.
    """
    hidden = {**_document(wanted, settings, user_id="0"), "fields": None}
    return hashlib.sha256(json.dumps(hidden, sort_keys=True).encode()).hexdigest()[:12]


def preparation_script(wanted: Wanted, settings: RequestTrackerSettings) -> Script:
    """The script that makes the site ready."""
    document = {**_document(wanted, settings, settings.user_id), "receipt": receipt(wanted, settings), "remove": False}
    howto = [_LOADING]
    if wanted.webhook_url is not None:
        howto.append(f"Then {secret_howto()}.")
    return Script(_text("Makes this Request Tracker ready for CareSync.", document), howto)


def removal_script(wanted: Wanted, settings: RequestTrackerSettings) -> Script:
    """The script that takes back what the other one made."""
    ours = [{"description": TELLS}]
    document = {**_document(wanted, settings, settings.user_id), "scrips": ours, "receipt": "", "remove": True}
    return Script(_text("Takes back what CareSync made in this Request Tracker.", document), [_LOADING])


def secret_howto() -> str:
    """How Request Tracker comes to know the webhook's secret."""
    return (
        f"put Set(${SECRET_OPTION}, '…'); with the secret of helpdesk.webhook_secret (openssl rand -hex 32) into a "
        "file in RT_SiteConfig.d that none but the web server may read, and restart the web server"
    )


def _document(wanted: Wanted, settings: RequestTrackerSettings, user_id: str) -> dict[str, Any]:
    """What ``setup.pl`` reads."""
    urls = [item for item in (wanted.webhook_url, wanted.time_webhook_url) if item is not None]
    scrips = [{"description": TELLS, "code": _code("tell_of_changes.pl", user_id, urls)}]
    opens = {"description": OPENS, "instead_of": "On Correspond", "code": _code("opens_on_reply.pl", user_id)}
    return {
        "mark": MARK,
        "group": GROUP,
        "user": int(user_id),
        "queues": list(settings.queues),
        "catalog": settings.customers.catalog,
        "fields": [_field(item) for item in definitions(wanted, settings)],
        "rights": [{"name": name, "on": on} for on, names in RIGHTS.items() for name in names],
        "scrips": scrips if wanted.webhook_url is not None else [],
        "conditions": [opens],
        "searches": [
            {
                "name": search_name(item.title),
                "title": item.title,
                "content": {
                    "SearchType": "Ticket",
                    "Query": search_query(item.tag, settings),
                    "Format": FORMAT,
                    "OrderBy": "LastUpdated",
                    "Order": "ASC",
                    MARKED_SEARCH: MARK,
                },
            }
            for item in wanted.views
        ],
    }


def _field(definition: Definition) -> dict[str, Any]:
    options = definition.options(definition.wanted.options)
    return {
        "name": definition.name,
        "of": "queue" if definition.lookup == OF_TICKETS else "catalog",
        "create": definition.creation,
        "alike": sorted(definition.alike),
        "options": [{**item, "said_by": definition.wanted.said_by(item["Name"])} for item in options],
    }


def _code(name: str, user_id: str, urls: Sequence[str] = ()) -> str:
    code = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return code.replace("__URLS__", ", ".join(_quoted(item) for item in urls)).replace("__USER__", user_id)


def _text(purpose: str, document: Mapping[str, Any]) -> str:
    """A script: in ASCII, so that no machine reads it otherwise than it was written."""
    body = files(__package__).joinpath("setup.pl").read_text(encoding="utf-8")
    detail = json.dumps(document, indent=1, sort_keys=True)
    return f"# {purpose}\n# {_LOADING.format(file='FILE')}\n{_HEAD}{detail}\nEND_OF_WHAT_IS_WANTED\n{body}"


_LOADING = (
    "On the machine of Request Tracker, as its administrator: "
    "rt-setup-database --action insert --skip-create --datafile {file} (Debian: rt-setup-database-5)"
)
_HEAD = """\
require JSON;
my $wanted = JSON->new->decode(<<'END_OF_WHAT_IS_WANTED');
"""


def _quoted(text: str) -> str:
    """Text in single quotes, as Perl and Request Tracker's queries have it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
