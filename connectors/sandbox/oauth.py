"""An OAuth 2.0 authorization server, as products have one: clients, codes, tokens that end, rotation and revocation.

``OauthServer`` knows no product; :class:`OauthTerms` says how long things live in one. Its two doors are

- ``token(parameters)``: ``POST <token path>``, with parameters out of JSON or out of a form. ``grant_type`` is
  ``client_credentials`` (the token acts as the client's owner; no refresh token), ``authorization_code`` (``code``,
  ``redirect_uri``, and ``code_verifier`` where the code was asked for with a challenge) or ``refresh_token``. The
  answer: ``access_token``, ``token_type`` ``bearer``, ``scope``, ``expires_in``, and with a refresh token
  ``refresh_token`` and ``refresh_token_expires_in`` (seconds).
- ``authorize(parameters)``: ``GET <authorization path>``, where a browser is sent. What the person decides is
  ``person``: a user's id says yes at once, ``None`` says no. The answer is a redirect to the client with ``code`` and
  ``state``, or ``error`` and ``state``; the client or an address that are not known get 400 and never a redirect.

A refresh deletes the pair that it came from: the old access token and the old refresh token are dead at once, whether
or not the answer arrives (switch on ``lost_after`` for the token path). Nobody can repeat a lost refresh.

Errors are ``{"error", "error_description"}`` (RFC 6749, section 5.2; RFC 7636): 401 ``invalid_client``, otherwise 400.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer
from connectors.sandbox.values import Unreadable, text, whole_number

CODE_LIVES = timedelta(seconds=120)
GRANT_IS_DEAD = (
    "The provided authorization grant or refresh token is invalid, expired, revoked, does not match the redirection "
    "URI used in the authorization request, or was issued to another client."
)
UNKNOWN_CLIENT = (
    "Client authentication failed due to unknown client, no client authentication included, or unsupported "
    "authentication method."
)


@dataclass(frozen=True, slots=True)
class OauthTerms:
    """How long tokens live in seconds when nothing is asked for, and what may be asked for (both bounds excluded).

    ``rotates``: whether a refresh gives a new refresh token and ends the old one.
    """

    access_seconds: int = 30 * 60
    refresh_seconds: int = 30 * 24 * 3600
    access_bounds: tuple[int, int] = (300, 172_800)
    refresh_bounds: tuple[int, int] = (604_800, 7_776_000)
    rotates: bool = True


@dataclass(slots=True)
class OauthClient:
    """An application that an administrator registered. A public one has no secret and must use PKCE.

    ``owner_id`` is whom tokens by client credentials act as; ``scopes`` the most that it may ask for, all when empty.
    """

    identifier: str
    secret: str | None
    owner_id: int
    redirect_uris: tuple[str, ...] = ()
    scopes: frozenset[str] = frozenset()


@dataclass(slots=True)
class OauthToken:
    """An access token with the refresh token that can replace it; ``expires_at`` ``None`` never ends."""

    id: int
    access_token: str
    user_id: int
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    client_id: str | None = None
    refresh_token: str | None = None
    refresh_expires_at: datetime | None = None


@dataclass(slots=True)
class OauthCode:
    """What a person's consent gives: good once, and for two minutes."""

    client_id: str
    redirect_uri: str
    user_id: int
    scopes: frozenset[str]
    ends_at: datetime
    challenge: str | None


@dataclass(slots=True)
class OauthRecords:
    """Every client, code and token of an account."""

    clients: dict[str, OauthClient] = field(default_factory=dict)
    codes: dict[str, OauthCode] = field(default_factory=dict)
    tokens: dict[int, OauthToken] = field(default_factory=dict)
    next_number: int = 1


class _Refused(Exception):
    """An error of the protocol."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.answer = Answer(status, {"error": error, "error_description": description})


class OauthServer:
    """The authorization server of one account. ``person`` decides in the browser: yes as this user, or no."""

    def __init__(
        self,
        records: OauthRecords,
        now: Callable[[], datetime],
        *,
        terms: OauthTerms | None = None,
        default_scopes: frozenset[str] = frozenset({"read"}),
    ) -> None:
        self.records = records
        self.person: int | None = None
        self._now = now
        self._terms = terms or OauthTerms()
        self._default_scopes = default_scopes

    # ---- what an administrator does ------------------------------------------------------------------

    def register(
        self,
        identifier: str,
        owner_id: int,
        *,
        redirect_uris: tuple[str, ...] = (),
        scopes: frozenset[str] = frozenset(),
        is_public: bool = False,
    ) -> OauthClient:
        """Enter a client; its secret is made from its name."""
        secret = None if is_public else f"secret-of-{identifier}"
        client = OauthClient(identifier, secret, owner_id, redirect_uris, scopes)
        self.records.clients[identifier] = client
        return client

    def delete_client(self, identifier: str) -> None:
        """Delete a client with every token that it was given."""
        del self.records.clients[identifier]
        for token in [token for token in self.records.tokens.values() if token.client_id == identifier]:
            self.revoke(token.id)

    def issue(
        self, user_id: int, access_token: str, *, scopes: frozenset[str], expires_at: datetime | None = None
    ) -> OauthToken:
        """Make an access token by hand, as in the product's own settings."""
        token = OauthToken(self._number(), access_token, user_id, scopes, self._now(), expires_at)
        self.records.tokens[token.id] = token
        return token

    def revoke(self, token_id: int) -> bool:
        """Delete an access token and its refresh token; says whether there was one."""
        return self.records.tokens.pop(token_id, None) is not None

    def living(self, access_token: str) -> OauthToken | None:
        """The access token, when it is known and has not ended."""
        token = next((token for token in self.records.tokens.values() if token.access_token == access_token), None)
        if token is None or (token.expires_at is not None and self._now() >= token.expires_at):
            return None
        return token

    # ---- the doors -----------------------------------------------------------------------------------

    def token(self, parameters: Parameters) -> Answer:
        """Answer ``POST <token path>``."""
        try:
            grants = {
                "client_credentials": self._by_credentials,
                "authorization_code": self._by_code,
                "refresh_token": self._by_refresh,
            }
            grant_type = text(parameters, "grant_type")
            if grant_type not in grants:
                raise _Refused("unsupported_grant_type", "The authorization grant type is not supported.")
            client = self._client(parameters)
            lives = self._lives(parameters)
            return Answer(data=self._told(grants[grant_type](parameters, client, lives)))
        except Unreadable as error:
            told = f"The request is missing a required parameter or has an invalid one: {error.name}"
            return _Refused("invalid_request", told).answer
        except _Refused as refused:
            return refused.answer

    def authorize(self, parameters: Parameters) -> Answer:
        """Answer ``GET <authorization path>``."""
        try:
            client = self.records.clients.get(text(parameters, "client_id"))
            address = text(parameters, "redirect_uri")
            if client is None or address not in client.redirect_uris:
                raise _Refused("invalid_client", "The client or its redirect URL is not known.")
            state = text(parameters, "state", "")
            asked = text(parameters, "response_type")
            challenge = text(parameters, "code_challenge", None)
            method = text(parameters, "code_challenge_method", "plain")
            scopes = self._scopes(parameters, client)
        except Unreadable as error:
            return _Refused("invalid_request", f"The parameter {error.name} is missing or invalid.").answer
        except _Refused as refused:
            return refused.answer
        if asked != "code":
            return _sent_to(address, {"error": "unsupported_response_type", "state": state})
        if (client.secret is None and challenge is None) or (challenge is not None and method != "S256"):
            return _sent_to(address, {"error": "invalid_request", "state": state})
        if self.person is None:
            return _sent_to(address, {"error": "access_denied", "state": state})
        code = self._secret("code")
        ends_at = self._now() + CODE_LIVES
        self.records.codes[code] = OauthCode(client.identifier, address, self.person, scopes, ends_at, challenge)
        return _sent_to(address, {"code": code, "state": state})

    # ---- grants --------------------------------------------------------------------------------------

    def _by_credentials(self, parameters: Parameters, client: OauthClient, lives: tuple[int, int]) -> OauthToken:
        if client.secret is None:
            raise _Refused("unauthorized_client", "A public client has no credentials.")
        return self._made(client, client.owner_id, self._scopes(parameters, client), lives[0], None)

    def _by_code(self, parameters: Parameters, client: OauthClient, lives: tuple[int, int]) -> OauthToken:
        code = self.records.codes.pop(text(parameters, "code"), None)
        address, verifier = text(parameters, "redirect_uri", None), text(parameters, "code_verifier", None)
        parameters.ignore("scope")  # the code holds what was consented to
        if code is None or code.client_id != client.identifier or self._now() >= code.ends_at:
            raise _Refused("invalid_grant", GRANT_IS_DEAD)
        if address != code.redirect_uri or not _is_proven(code.challenge, verifier):
            raise _Refused("invalid_grant", GRANT_IS_DEAD)
        return self._made(client, code.user_id, code.scopes, *lives)

    def _by_refresh(self, parameters: Parameters, client: OauthClient, lives: tuple[int, int]) -> OauthToken:
        given = text(parameters, "refresh_token")
        old = next((token for token in self.records.tokens.values() if token.refresh_token == given), None)
        if old is None or old.client_id != client.identifier:
            raise _Refused("invalid_grant", GRANT_IS_DEAD)
        if old.refresh_expires_at is not None and self._now() >= old.refresh_expires_at:
            raise _Refused("invalid_grant", GRANT_IS_DEAD)
        scopes = self._scopes(parameters, client) if "scope" in parameters else old.scopes
        if not scopes <= old.scopes:
            raise _Refused("invalid_scope", "The requested scope exceeds the scope granted by the resource owner.")
        self.revoke(old.id)
        new = self._made(client, old.user_id, scopes, *lives)
        if not self._terms.rotates:
            new.refresh_token, new.refresh_expires_at = old.refresh_token, old.refresh_expires_at
        return new

    def _made(
        self,
        client: OauthClient,
        user_id: int,
        scopes: frozenset[str],
        access_seconds: int,
        refresh_seconds: int | None,
    ) -> OauthToken:
        now = self._now()
        expires_at = now + timedelta(seconds=access_seconds)
        access_token, number = self._secret("access"), self._number()
        token = OauthToken(number, access_token, user_id, scopes, now, expires_at, client.identifier)
        if refresh_seconds is not None:
            token.refresh_token = self._secret("refresh")
            token.refresh_expires_at = now + timedelta(seconds=refresh_seconds)
        self.records.tokens[number] = token
        return token

    def _client(self, parameters: Parameters) -> OauthClient:
        client = self.records.clients.get(text(parameters, "client_id", ""))
        secret = text(parameters, "client_secret", None)
        if client is None or (client.secret is not None and secret is not None and secret != client.secret):
            raise _Refused("invalid_client", UNKNOWN_CLIENT, 401)
        is_proven_by_pkce = "code_verifier" in parameters
        if client.secret is not None and secret is None and not is_proven_by_pkce:
            raise _Refused("invalid_client", UNKNOWN_CLIENT, 401)
        return client

    def _scopes(self, parameters: Parameters, client: OauthClient) -> frozenset[str]:
        scopes = frozenset(text(parameters, "scope", "").split()) or client.scopes or self._default_scopes
        if client.scopes and not scopes <= client.scopes:
            raise _Refused("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
        return scopes

    def _lives(self, parameters: Parameters) -> tuple[int, int]:
        """How long the access token and the refresh token live, in seconds."""
        terms = self._terms
        access = whole_number(parameters, "expires_in", terms.access_seconds)
        refresh = whole_number(parameters, "refresh_token_expires_in", terms.refresh_seconds)
        for name, seconds, usual, (least, most) in (
            ("expires_in", access, terms.access_seconds, terms.access_bounds),
            ("refresh_token_expires_in", refresh, terms.refresh_seconds, terms.refresh_bounds),
        ):
            if seconds != usual and not least < seconds < most:
                raise Unreadable(name, seconds, f"between {least} and {most}")
        return access, refresh

    def _told(self, token: OauthToken) -> dict[str, Any]:
        told: dict[str, Any] = {
            "access_token": token.access_token,
            "token_type": "bearer",
            "scope": " ".join(sorted(token.scopes)),
            "expires_in": self._left(token.expires_at),
        }
        if token.refresh_token is not None:
            told["refresh_token"] = token.refresh_token
            told["refresh_token_expires_in"] = self._left(token.refresh_expires_at)
        return told

    def _left(self, end: datetime | None) -> int | None:
        return None if end is None else int((end - self._now()).total_seconds())

    def _secret(self, kind: str) -> str:
        """A value that nobody guesses and every run makes alike."""
        return hashlib.sha256(f"{kind}:{self._number()}".encode()).hexdigest()

    def _number(self) -> int:
        number = self.records.next_number
        self.records.next_number = number + 1
        return number


def _is_proven(challenge: str | None, verifier: str | None) -> bool:
    """Whether a verifier is the one whose hash came with the request for the code (RFC 7636, ``S256``)."""
    if challenge is None:
        return verifier is None
    if verifier is None or not verifier.isascii() or not challenge.isascii():
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)


def _sent_to(address: str, parameters: Mapping[str, str]) -> Answer:
    joint = "&" if "?" in address else "?"
    given = {name: value for name, value in parameters.items() if value}
    return Answer(302, headers={"Location": f"{address}{joint}{urlencode(given)}"}, is_empty=True)
