"""OAuth 2.0 as a client: tokens are asked for, renewed ahead of their end, and renewed once more when refused.

Terms
    service     a product's authorization server for one account: its addresses, and the scopes that we need
    grant       how a token is asked for: by the client's credentials (RFC 6749, 4.4), which can be repeated, or by a
                refresh token (section 6), which many products use up with every answer

Promises. Of several processes one renews, and the others go on with the token that they have, or wait for the new one.
An answer that got lost is asked for once more at once: either the refresh token still holds, or it is lost and that is
said, with what to do. No error and no ``repr`` holds a token or a secret.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import SecretStr

from connectors.credentials import (
    RENEWAL_LASTS,
    Claim,
    Credentials,
    FixedCredentials,
    OauthClient,
    Outcome,
    StoredToken,
    Token,
)
from connectors.errors import ConnectorError, Unavailable, WrongCredentials
from connectors.oauth_settings import OauthService, OauthSettings
from connectors.product_settings import NetworkSettings, network_of
from connectors.protocols import Environment
from connectors.records import CheckResult
from connectors.self_check import check_token, check_token_end
from connectors.token_endpoint import GrantRefused, TokenEndpoint, joined

logger = logging.getLogger(__name__)

STEP_SECONDS = 1.0
"""How long to wait before looking again whether somebody else has renewed a token."""
AHEAD_AGAIN_AFTER = timedelta(minutes=1)
"""How long a renewal ahead of time is let be when it failed."""


class OauthCredentials:
    """Keeps :class:`connectors.credentials.Credentials` by a token in the host's storage.

    ``client`` asks for tokens by its credentials; without one, the token is what a person connected.
    ``scopes`` are asked for with a ``client``; a connected token keeps those that it has. ``others`` are headers that
    go along with every token.
    """

    def __init__(
        self,
        service: OauthService,
        environment: Environment,
        *,
        client: OauthClient | None = None,
        scopes: frozenset[str] | None = None,
        network: NetworkSettings | None = None,
        others: Mapping[str, SecretStr] | None = None,
    ) -> None:
        self._service = service
        self._client = client
        self._others = dict(others or {})
        self._scopes = service.scopes if scopes is None else scopes
        self._environment = environment
        self._tokens = environment.tokens
        self._endpoint = TokenEndpoint(service, environment, network)
        self._ahead_again_at: datetime | None = None
        self.name = service.name
        if client is not None:
            self.name = f"{service.name}:{client.identifier}:{joined(self._scopes)}"

    def headers(self) -> Mapping[str, SecretStr]:
        """The token's header. It is renewed first when it is due."""
        return self._with(self._living_token())

    def replace(self, refused: Mapping[str, SecretStr]) -> bool:
        """Renew the token that was refused, unless somebody else has done so."""
        stored = self.stored()
        if stored.token is None or self._with(stored.token) == refused:
            self._renewed(stored)
        return True

    def stored(self) -> StoredToken:
        """What the storage holds of it."""
        return self._tokens.load(self.name) or StoredToken(None, 0)

    def check(self, now: datetime, needed: frozenset[str]) -> Iterator[CheckResult]:
        """Whether the token can go on being renewed, and whether it may do what is ``needed`` and no more."""
        yield from check_token(self.stored(), now, needed, self._service.remedy, has_client=self._client is not None)

    def check_end(self, now: datetime) -> Iterator[CheckResult]:
        """Whether what replaces the token lasts."""
        yield from check_token_end(self.stored(), now, self._service.remedy, has_client=self._client is not None)

    def _with(self, token: Token) -> Mapping[str, SecretStr]:
        return {**self._others, "Authorization": bearer(token.access)}

    def _living_token(self) -> Token:
        stored, now = self.stored(), self._environment.now()
        token = stored.token
        if token is None or token.has_ended(now):
            return self._renewed(stored)
        is_waiting = self._ahead_again_at is not None and now < self._ahead_again_at
        if token.is_due(now) and not stored.is_lost and not is_waiting:
            return self._renewed_ahead(stored, token)
        return token

    def _renewed_ahead(self, stored: StoredToken, token: Token) -> Token:
        """Renew what still holds; where that fails, or somebody else is at it, it goes on as it is."""
        now = self._environment.now()
        claim = self._tokens.claim(self.name, stored.generation, now)
        if claim is None:
            return token
        try:
            return self._renew(claim)
        except ConnectorError as error:
            logger.warning("%s: a token could not be renewed ahead of its end: %s", self.name, error)
            self._ahead_again_at = now + AHEAD_AGAIN_AFTER
            return token

    def _renewed(self, stored: StoredToken) -> Token:
        """The token that replaces one that holds no more; waits while somebody else renews it."""
        waited = 0.0
        while True:
            if stored.is_lost:
                raise WrongCredentials(self._service.product, stored.problem, remedy=self._service.remedy)
            claim = self._tokens.claim(self.name, stored.generation, self._environment.now())
            if claim is not None:
                return self._renew(claim)
            newer = self.stored()
            if newer.token is not None and newer.generation != stored.generation:
                return newer.token
            stored = newer
            if waited > RENEWAL_LASTS.total_seconds():
                raise Unavailable(self._service.product, "another process has been renewing the token for too long")
            self._environment.sleep(STEP_SECONDS)
            waited += STEP_SECONDS

    def _renew(self, claim: Claim) -> Token:
        try:
            token = self._asked(claim)
        except ConnectorError as error:
            # Whoever held the claim before may have had its answer late, and saved it since.
            newer = self.stored()
            if newer.token is not None and newer.generation != claim.generation:
                return newer.token
            outcome = self._outcome(claim, error)
            raised = self._lost(claim, error) if outcome is Outcome.LOST else error
            self._tokens.give_up(claim, outcome, raised, self._environment.now())
            raise raised from None
        self._tokens.save(claim.name, claim.generation, token, self._environment.now())
        # Where a newer one was kept meanwhile, somebody connected anew: theirs counts.
        return self.stored().token or token

    def _asked(self, claim: Claim) -> Token:
        kept = claim.token
        client = self._client or (kept.client if kept is not None else None)
        if kept is not None and kept.refresh is not None and self._client is None:
            return self._refreshed(kept, kept.refresh)
        if client is None:
            raise WrongCredentials(
                self._service.product,
                claim.problem or "is not connected",
                remedy=f"Run `care-sync connect {self._service.product}`, or give another way in in its settings.",
            )
        if self._client is not None or kept is None:
            return self._endpoint.by_client(client, self._scopes)
        return replace(self._endpoint.by_client(client, kept.scopes), client=client)

    def _refreshed(self, kept: Token, refresh: SecretStr) -> Token:
        try:
            token = self._endpoint.by_refresh(refresh, kept.client, kept.scopes)
        except ConnectorError as error:
            if not error.uncertain:
                raise
            # Either nothing happened, and this gives the token, or it was used up, and this says so at once.
            token = self._endpoint.by_refresh(refresh, kept.client, kept.scopes, is_second=True)
        if token.refresh is None:
            # Without a new one the old one stays good (RFC 6749, section 6).
            token = replace(token, refresh=refresh, refresh_ends_at=kept.refresh_ends_at)
        return replace(token, client=kept.client)

    def _lost(self, claim: Claim, error: ConnectorError) -> WrongCredentials:
        problem = "the refresh token holds no more: it has ended or was revoked"
        if claim.is_uncertain or (isinstance(error, GrantRefused) and error.is_second):
            problem = "the answer to a renewal got lost, and with it the only refresh token"
        return WrongCredentials(self._service.product, problem, remedy=self._service.remedy)

    @staticmethod
    def _outcome(claim: Claim, error: ConnectorError) -> Outcome:
        is_refresh = claim.token is not None and claim.token.refresh is not None
        if isinstance(error, GrantRefused):
            return Outcome.LOST if is_refresh and error.code == "invalid_grant" else Outcome.REFUSED
        if isinstance(error, WrongCredentials):
            return Outcome.REFUSED
        return Outcome.UNCERTAIN if is_refresh and (error.uncertain or claim.is_uncertain) else Outcome.LATER


def bearer(access: SecretStr) -> SecretStr:
    """The value of ``Authorization`` for an access token."""
    return SecretStr(f"Bearer {access.get_secret_value()}")


def fixed_or_connected(
    settings: OauthSettings, fixed: SecretStr | None, environment: Environment, others: Mapping[str, SecretStr]
) -> Credentials:
    """A token of the settings, or without one the token that a person connected, each with its ``others``."""
    if fixed is not None:
        return FixedCredentials({**others, "Authorization": bearer(fixed)})
    return OauthCredentials(settings.oauth, environment, network=network_of(settings), others=others)


def check_connected(
    credentials: Credentials, now: datetime, needed: frozenset[str] = frozenset()
) -> Iterator[CheckResult]:
    """What is known of a token that is kept: whether it can be renewed, and whether it may do what is ``needed``.

    Nothing of credentials that stand in the settings.
    """
    if isinstance(credentials, OauthCredentials):
        yield from credentials.check(now, needed)


def check_connected_end(credentials: Credentials, now: datetime) -> Iterator[CheckResult]:
    """Whether what replaces a token that is kept lasts, as far as is known without asking the product."""
    if isinstance(credentials, OauthCredentials):
        yield from credentials.check_end(now)
