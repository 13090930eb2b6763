"""Customers: assets in a catalog, and which of them a ticket or a person names.

Terms
    key    what tickets and people write to name a customer: the asset's name, or the value of a custom field of it.
           Capitals and spaces around it do not matter

Promise: a name that no asset has, that two assets have, or requestors of two customers, point at nobody; nothing is
guessed. A catalog that we do not see whole is an error, because customers that seem to be gone would lose their time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from connectors.errors import PermissionMissing
from connectors.records import Organization
from connectors.request_tracker.client import RequestTrackerClient, Rows
from connectors.request_tracker.field_values import field_value
from connectors.request_tracker.settings import CustomersSettings, RequestTrackerSettings
from connectors.request_tracker.value_reader import PRODUCT, READ
from connectors.value_reader import Object

DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Customers:
    """Every customer: ``keys`` gives the id of an organization, ``shared`` are keys that point at nobody."""

    organizations: Mapping[str, Organization]
    keys: Mapping[str, str]
    shared: frozenset[str] = frozenset()

    @classmethod
    def of(cls, assets: Iterable[Object], settings: RequestTrackerSettings) -> Customers:
        """Those of ``assets``."""
        organizations: dict[str, Organization] = {}
        keys: dict[str, str] = {}
        shared: set[str] = set()
        for asset in assets:
            organization = organization_from_api(asset, settings)
            organizations[organization.id] = organization
            for key in _keys(asset, settings.customers.key_field):
                if keys.setdefault(key, organization.id) != organization.id:
                    shared.add(key)
        return cls(organizations, {key: number for key, number in keys.items() if key not in shared}, frozenset(shared))

    def named(self, name: str | None) -> str | None:
        """The customer of that name."""
        return self.keys.get(_plain(name)) if name else None

    def of_ticket(self, item: Object, settings: CustomersSettings) -> str | None:
        """The customer of a ticket: the one that its field names, or otherwise the one of its requestors."""
        if settings.ticket_field is not None:
            written = READ.field_values(item).get(settings.ticket_field, ())
            if written:
                return self.named(written[0]) if len(written) == 1 else None
        if not settings.by_requestor:
            return None
        customers = {
            self.named(READ.text(person.get("Organization"), "user.Organization")) for person in requestors(item)
        } - {None}
        return customers.pop() if len(customers) == 1 else None


def requestors(item: Object) -> list[Object]:
    """The people (no groups) who asked, the first of them first."""
    listed = READ.objects(item.get("Requestor") or [], "ticket.Requestor")
    return [person for person in listed if person.get("type") == "user"]


def catalog_id(client: RequestTrackerClient, settings: RequestTrackerSettings) -> str:
    """The number of the customers' catalog. Raises :class:`PermissionMissing` when we do not see it."""
    name = settings.customers.catalog
    number = client.catalogs().get(name)
    if number is None:
        raise PermissionMissing(
            PRODUCT,
            f'does not show the catalog "{name}" to the configured user',
            remedy="Make it and give the user the rights ShowCatalog and ShowAsset, or correct customers.catalog.",
        )
    return number


def read_assets(client: RequestTrackerClient, settings: RequestTrackerSettings) -> Iterator[list[Object]]:
    """The customers' assets, in pages. Raises :class:`PermissionMissing` when we do not see them all."""
    for rows in client.assets(catalog_id(client, settings)):
        yield _seen_whole(rows, settings)


def read_customers(client: RequestTrackerClient, settings: RequestTrackerSettings) -> Customers:
    """Every customer as it is now."""
    return Customers.of(chain.from_iterable(read_assets(client, settings)), settings)


def organization_from_api(item: Object, settings: RequestTrackerSettings) -> Organization:
    """A customer. Its language is the configured field ``locale``: assets have none of their own."""
    values = READ.field_values(item)
    # A field that our token may not see is not in the answer: that is not an empty one.
    mapped = settings.organization_fields.items()
    fields = {name: field_value(values[field]) for name, field in mapped if field in values}
    locale = fields.get("locale")
    return Organization(
        id=READ.identity(item.get("id"), "asset.id"),
        name=READ.text(item.get("Name"), "asset.Name"),
        fields=fields,
        locale=locale if isinstance(locale, str) else None,
        deleted=item.get("Status") == DELETED,
    )


def _seen_whole(rows: Rows, settings: RequestTrackerSettings) -> list[Object]:
    if rows.total is None:
        raise PermissionMissing(
            PRODUCT,
            f'does not show every asset of the catalog "{settings.customers.catalog}" to the configured user',
            remedy="Give the user the right ShowAsset for that catalog.",
        )
    return rows.items


def _keys(asset: Object, key_field: str | None) -> set[str]:
    if asset.get("Status") == DELETED:
        return set()
    if key_field is None:
        return {_plain(READ.text(asset.get("Name"), "asset.Name"))} - {""}
    return {_plain(value) for value in READ.field_values(asset).get(key_field, ())} - {""}


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
