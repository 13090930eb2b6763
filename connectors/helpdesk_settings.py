"""What the settings of every helpdesk share.

A helpdesk's settings class derives from :class:`HelpdeskSettings`. What the rules know is kept in fields of the
helpdesk; its section says in which.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.product_settings import Name, WebhookSettings


class HelpdeskSettings(WebhookSettings):
    """The section of the helpdesk.

    ``fields``               our name → the ticket field, as the product names or numbers it
    ``organization_fields``  our name → the field of organizations
    """

    fields: Mapping[Name, Name | int] = {}
    organization_fields: Mapping[Name, Name] = {}
