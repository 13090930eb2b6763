"""What proves to a product who we are, and where tokens that end are kept.

Terms
    credentials  give the headers of the next request; some can give others when a product refuses them
    token        an access token of OAuth 2.0 (RFC 6749) with its end, and the refresh token that can replace it
    name         of a token in its storage, such as ``zendesk:care``; whoever uses the name uses the same token
    generation   how many tokens a name has had. A token is replaced by who names the generation that it replaces, so
                 that an answer that comes late replaces nothing newer
    claim        the right of one process to renew a token, for as long as :data:`RENEWAL_LASTS`
    lost         a refresh token was used up, and nobody holds the one that replaced it: a person must connect again

A renewal is claimed, asked for, and saved, in this order and each for itself. Whoever dies on the way leaves a claim
that runs out; the next one knows by it that the refresh token may have been used up.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pydantic import SecretStr

from connectors.errors import ConnectorError

RENEWAL_LASTS = timedelta(minutes=2)
"""Longer than the longest renewal: two requests of at most half a minute each, and the waits between them."""
RENEWED_AFTER = 0.8
"""The share of its life after which a token is renewed, so that a product that is down for a while stops nothing."""


class Credentials(Protocol):
    """What proves to a product who we are."""

    def headers(self) -> Mapping[str, SecretStr]:
        """The headers of the next request. Raises :class:`connectors.errors.ConnectorError`."""

    def replace(self, refused: Mapping[str, SecretStr]) -> bool:
        """The product refused these headers (401): whether there are others now.

        Raises :class:`connectors.errors.ConnectorError` when they could not be renewed.
        """


@dataclass(frozen=True, slots=True)
class FixedCredentials:
    """Headers that stay as they are: those of a token or a key in the settings."""

    fixed: Mapping[str, SecretStr]

    def headers(self) -> Mapping[str, SecretStr]:
        """Always the same."""
        return self.fixed

    def replace(self, refused: Mapping[str, SecretStr]) -> bool:
        """There are no others."""
        return False


@dataclass(frozen=True, slots=True)
class OauthClient:
    """An application that is registered with a product. A public one has no secret, and proves itself by PKCE."""

    identifier: str
    secret: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. Instants are aware UTC; an end of ``None`` is never.

    ``refresh`` can replace it, once. Without one, ``client`` asks for another by its credentials (RFC 6749, 4.4).
    ``client`` is kept with the token where a person connected it; otherwise the settings name it.
    """

    access: SecretStr
    issued_at: datetime
    ends_at: datetime | None
    scopes: frozenset[str] = frozenset()
    refresh: SecretStr | None = None
    refresh_ends_at: datetime | None = None
    client: OauthClient | None = None

    def has_ended(self, now: datetime) -> bool:
        """Whether no product takes it any more."""
        return self.ends_at is not None and now >= self.ends_at

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew it, ahead of its end."""
        return self.ends_at is not None and now >= self.issued_at + RENEWED_AFTER * (self.ends_at - self.issued_at)


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token as it is kept. ``token`` is ``None`` where the name has none yet, or none that can be read.

    ``problem``  why it could not be renewed; empty when the last renewal worked
    ``is_lost``  whether nothing but a person can replace it
    """

    token: Token | None
    generation: int
    problem: str = ""
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to renew one generation of a token.

    ``is_uncertain``: somebody before may have used the refresh token up, and did not say how it ended.
    ``problem``: why there is no ``token`` although one is kept; empty otherwise.
    """

    name: str
    generation: int
    key: str
    token: Token | None
    is_uncertain: bool = False
    problem: str = ""


class Outcome(StrEnum):
    """How a renewal ended that gave no token.

    ``later``      nothing was used up; it is tried again
    ``uncertain``  the refresh token may have been used up; it is tried again
    ``refused``    the product refuses the client: a person must see to it, and it is tried again meanwhile
    ``lost``       the refresh token holds no more: nothing is tried until a person has connected again
    """

    LATER = "later"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    LOST = "lost"


class TokenStorage(Protocol):
    """Where tokens outlive a restart, and which of several processes renews one; the daemon keeps them in its store.

    Each call is whole and durable when it returns. All raise :class:`connectors.errors.ConnectorError` where the
    storage cannot keep secrets.
    """

    def load(self, name: str) -> StoredToken | None:
        """What is kept under ``name``; ``None`` where nothing ever was."""

    def claim(self, name: str, generation: int, now: datetime) -> Claim | None:
        """Take the right to renew this generation (0 where there is none yet) for :data:`RENEWAL_LASTS`.

        ``None`` when somebody else has it, when there is a newer generation, or when the token is lost.
        """

    def save(self, name: str, generation: int, token: Token, now: datetime) -> bool:
        """Keep the token that replaces ``generation``; ``False``, and nothing is kept, where there is a newer one.

        Whose claim ran out may still save: the product used the old refresh token up for this very answer.
        """

    def give_up(self, claim: Claim, outcome: Outcome, error: ConnectorError, now: datetime) -> None:
        """A claimed renewal gave no token. Nothing is noted where somebody else has claimed it since."""


class ForgottenTokens:
    """Tokens that live as long as the process: for suites, and for a check before there is a store."""

    def __init__(self) -> None:
        self._kept: dict[str, StoredToken] = {}

    def load(self, name: str) -> StoredToken | None:
        """What was kept since the process began."""
        return self._kept.get(name)

    def claim(self, name: str, generation: int, now: datetime) -> Claim | None:
        """There is one process alone, which has every right but over a token that is lost."""
        kept = self._kept.get(name, StoredToken(None, 0))
        if kept.generation != generation or kept.is_lost:
            return None
        return Claim(name, generation, uuid.uuid4().hex, kept.token)

    def save(self, name: str, generation: int, token: Token, now: datetime) -> bool:
        """Keep it until the process ends."""
        if self._kept.get(name, StoredToken(None, 0)).generation != generation:
            return False
        self._kept[name] = StoredToken(token, generation + 1)
        return True

    def give_up(self, claim: Claim, outcome: Outcome, error: ConnectorError, now: datetime) -> None:
        """Note the problem."""
        kept = self._kept.get(claim.name, StoredToken(None, 0))
        self._kept[claim.name] = replace(kept, problem=error.message, is_lost=outcome is Outcome.LOST)
