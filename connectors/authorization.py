"""A person's consent in a browser: the authorization code of OAuth 2.0, with PKCE (RFC 6749, 4.1; RFC 7636; RFC 8252).

Terms
    redirect    the address on this machine to which the browser comes back with a code
    state       what comes back with the code, so that nobody can slip in another's
    verifier    what only we know; the browser carries its hash, so that a code alone is worth nothing
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import SecretStr

from connectors.credentials import OauthClient
from connectors.errors import Invalid
from connectors.json_text import harmless
from connectors.oauth_settings import OauthService


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One request for a person's consent."""

    service: OauthService
    client: OauthClient
    scopes: frozenset[str]
    redirect: str
    state: SecretStr
    verifier: SecretStr

    @classmethod
    def of(
        cls, service: OauthService, client: OauthClient, scopes: frozenset[str], redirect: str
    ) -> AuthorizationRequest:
        """A request with a state and a verifier of its own."""
        state, verifier = SecretStr(secrets.token_urlsafe(32)), SecretStr(secrets.token_urlsafe(64))
        return cls(service, client, scopes, redirect, state, verifier)

    @property
    def address(self) -> str:
        """Where the person's browser goes. It holds no secret but the state."""
        digest = hashlib.sha256(self.verifier.get_secret_value().encode()).digest()
        parameters = {
            "response_type": "code",
            "client_id": self.client.identifier,
            "redirect_uri": self.redirect,
            "state": self.state.get_secret_value(),
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        if self.scopes:
            parameters["scope"] = " ".join(sorted(self.scopes))
        return f"{self.service.authorization_address}?{urlencode(parameters)}"

    def code_in(self, address: str) -> SecretStr:
        """The code in the address to which the browser came back.

        Raises :class:`connectors.errors.Invalid` where the person refused, or where it answers another request.
        """
        answer = {name: values[0] for name, values in parse_qs(urlsplit(address.strip()).query).items()}
        if not hmac.compare_digest(answer.get("state", "").encode(), self.state.get_secret_value().encode()):
            problem = "the address that came back does not belong to this request"
            raise Invalid(self.service.product, problem, remedy="Begin again, in one browser.")
        if "error" in answer:
            problem = f"gave no consent ({harmless(answer['error'][:60])})"
            raise Invalid(self.service.product, problem, remedy="Begin again, and allow it.")
        if not answer.get("code"):
            raise Invalid(self.service.product, "the address that came back holds no code", remedy="Begin again.")
        return SecretStr(answer["code"])
