"""The settings of products that give OAuth tokens, and what is known of their authorization servers."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.product_settings import Credential, Name, ProductSettings


@dataclass(frozen=True, slots=True)
class OauthService:
    """The authorization server of one account.

    ``token_address``          where tokens are asked for (a whole address)
    ``authorization_address``  where a browser is sent for a person's consent
    ``registered_at``          where a person registers a client, in the product's own words
    ``scopes``                 the least that CareSync works with; none where the product has none to choose from
    ``setup_scopes``           what ``care-sync setup`` needs
    ``takes_json``             whether tokens are asked for in JSON, as some products document it, or by a form
    ``gives_to_clients``       whether a client gets tokens by its own credentials, without a person
    """

    product: str
    account: str
    token_address: str
    authorization_address: str
    registered_at: str
    scopes: frozenset[str] = frozenset()
    setup_scopes: frozenset[str] = frozenset()
    takes_json: bool = False
    gives_to_clients: bool = False

    @property
    def name(self) -> str:
        """Of the token that a person connected, in the storage."""
        return f"{self.product}:{self.account}"

    @property
    def remedy(self) -> str:
        """What a person does when a token can be had no more."""
        return f"Connect it again: `care-sync connect {self.product}`."


class ClientSettings(ProductSettings):
    """An OAuth client that asks for tokens by its own credentials."""

    client_id: Name
    client_secret: Credential


class OauthSettings(ProductSettings):
    """What a product's settings share where tokens of OAuth are a way in."""

    @property
    def oauth(self) -> OauthService:
        """The authorization server of this account."""
        raise NotImplementedError

    @property
    def is_connected(self) -> bool:
        """Whether the way in is a token that a person connected: neither a client nor a token stands here."""
        raise NotImplementedError
