"""Tokens of products, sealed, and who renews one: keeps :class:`connectors.credentials.TokenStorage` on the store.

A renewal follows the recipe of everything that goes out (:mod:`care_sync.model.lease`): ``planned`` is a token that
nobody renews, ``sending`` one that is being renewed, ``uncertain`` one whose refresh token may have been used up, and
``refused`` one that is lost.

Promise: a token is replaced only by who names its generation, in one statement. Whoever dies between the product's
answer and this statement leaves a lease; after it the next one asks with the old refresh token, and learns whether it
still holds. What only a person can mend is put on the list of attention in the transaction that notes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from sqlalchemy import Connection, Row, select, update
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from care_sync.errors import StoreError
from care_sync.model.lease import Lease, SendState
from care_sync.store.leases import LeasedTable
from care_sync.store.schema import tokens
from care_sync.store.seal import Seal
from care_sync.store.tables import insert_new
from connectors.credentials import RENEWAL_LASTS, Claim, OauthClient, Outcome, StoredToken, Token
from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from care_sync.store.store import UnitOfWork

CREDENTIALS_REFUSED = "credentials_refused"
"""The kind of attention: a product takes our credentials no more."""
ATTEMPTS_TO_SAVE = 5
"""An answer that is not saved is lost, so a store that is busy is asked again."""
NOT_OPENED = "its stored token was sealed by another key (store.token_key)"


class TokenRepository:
    """Rows of sealed tokens."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._leases = LeasedTable(connection, tokens)

    def get(self, name: str) -> Row[Any] | None:
        """The row of a name."""
        return self._connection.execute(select(tokens).where(tokens.c.name == name)).one_or_none()

    def all(self) -> list[Row[Any]]:
        """Every row, by name."""
        return list(self._connection.execute(select(tokens).order_by(tokens.c.name)))

    def claim(self, name: str, generation: int, lease: Lease, now: datetime) -> Row[Any] | None:
        """Claim the renewal of a generation; gives the row as it was before, or ``None`` when it is not to be had."""
        if generation == 0:
            self._insert(name)
        query = select(tokens).where(tokens.c.name == name, tokens.c.generation == generation, self._leases.free(now))
        rows = self._leases.lock(query)
        self._leases.take(rows, lease)
        return rows[0] if rows else None

    def save(self, name: str, generation: int, values: Mapping[str, Any]) -> bool:
        """Replace a generation, whoever holds its lease; ``False`` when it was replaced before."""
        self._insert(name)
        replaced = self._connection.execute(
            update(tokens)
            .where(tokens.c.name == name, tokens.c.generation == generation)
            .values(
                **values,
                generation=generation + 1,
                state=SendState.PLANNED.value,
                attempts=0,
                lease_token=None,
                leased_until=None,
                last_error="",
            )
        )
        return replaced.rowcount == 1

    def finish(self, name: str, key: str, state: SendState, error: str) -> bool:
        """A claimed renewal gave nothing; ``False`` when the claim had passed to somebody else."""
        return self._leases.finish((name,), key, state, error=error)

    def forget(self, name: str) -> bool:
        """Drop a token; tells whether there was one."""
        return self._connection.execute(tokens.delete().where(tokens.c.name == name)).rowcount == 1

    def _insert(self, name: str) -> None:
        row = {"name": name, "generation": 0, "sealed": "", "key_name": "", "state": SendState.PLANNED.value}
        insert_new(self._connection, tokens, {**row, "attempts": 0, "last_error": ""})


class StoreTokens:
    """The token storage of a store. ``sleep`` waits before a busy store is asked again to keep a token."""

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[UnitOfWork]],
        read: Callable[[], AbstractContextManager[UnitOfWork]],
        seal: Seal,
        sleep: Callable[[float], None],
    ) -> None:
        self._begin = begin
        self._read = read
        self._seal = seal
        self._sleep = sleep

    def load(self, name: str) -> StoredToken | None:
        """What is kept under ``name``."""
        with self._read() as work:
            row = work.tokens.get(name)
        if row is None:
            return None
        token = self._opened(row)
        problem = NOT_OPENED if row.sealed and token is None else row.last_error
        return StoredToken(token, row.generation, problem, row.state == SendState.REFUSED.value)

    def claim(self, name: str, generation: int, now: datetime) -> Claim | None:
        """Take the right to renew this generation."""
        lease = Lease.of(now, RENEWAL_LASTS)
        with self._begin() as work:
            row = work.tokens.claim(name, generation, lease, now)
        if row is None:
            return None
        token = self._opened(row)
        problem = NOT_OPENED if row.sealed and token is None else ""
        return Claim(name, generation, lease.token, token, row.state != SendState.PLANNED.value, problem)

    def save(self, name: str, generation: int, token: Token, now: datetime) -> bool:
        """Keep the token that replaces ``generation``, and take what was wrong with it off the list of attention."""
        values = self._sealed(name, generation + 1, token, now)
        saving = Retrying(
            sleep=self._sleep,
            stop=stop_after_attempt(ATTEMPTS_TO_SAVE),
            wait=wait_exponential(max=10),
            retry=retry_if_exception_type(StoreError),
            reraise=True,
        )

        def save() -> bool:
            with self._begin() as work:
                is_kept = work.tokens.save(name, generation, values)
                if is_kept:
                    work.attention.resolve(CREDENTIALS_REFUSED, [name])
            return is_kept

        return saving(save)

    def give_up(self, claim: Claim, outcome: Outcome, error: ConnectorError, now: datetime) -> None:
        """Note why a renewal gave no token; what a person must mend goes onto the list of attention at once."""
        state = SendState.UNCERTAIN if claim.is_uncertain or outcome is Outcome.UNCERTAIN else SendState.PLANNED
        if outcome is Outcome.LOST:
            state = SendState.REFUSED
        with self._begin() as work:
            is_ours = work.tokens.finish(claim.name, claim.key, state, error.message)
            if is_ours and outcome in (Outcome.LOST, Outcome.REFUSED):
                work.attention.raise_(CREDENTIALS_REFUSED, claim.name, str(error), now)

    def _sealed(self, name: str, generation: int, token: Token, now: datetime) -> dict[str, Any]:
        client = token.client
        secrets = {
            # Of which row it is: a sealed text that was moved to another row opens there, and is refused.
            "name": name,
            "generation": generation,
            "access": token.access.get_secret_value(),
            "refresh": _plain(token.refresh),
            "client": None if client is None else [client.identifier, _plain(client.secret)],
            "scopes": sorted(token.scopes),
            "issued_at": token.issued_at.isoformat(),
            "ends_at": _iso(token.ends_at),
            "refresh_ends_at": _iso(token.refresh_ends_at),
        }
        return {
            "sealed": self._seal.seal(secrets, now),
            "key_name": self._seal.key_name,
            "ends_at": token.ends_at,
            "refresh_ends_at": token.refresh_ends_at,
            "saved_at": now,
        }

    def _opened(self, row: Row[Any]) -> Token | None:
        secrets = self._seal.open(row.sealed) if row.sealed else None
        if secrets is None or (secrets["name"], secrets["generation"]) != (row.name, row.generation):
            return None
        client = secrets["client"]
        return Token(
            SecretStr(secrets["access"]),
            datetime.fromisoformat(secrets["issued_at"]),
            _instant(secrets["ends_at"]),
            frozenset(secrets["scopes"]),
            _secret(secrets["refresh"]),
            _instant(secrets["refresh_ends_at"]),
            None if client is None else OauthClient(client[0], _secret(client[1])),
        )


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()


def _secret(plain: str | None) -> SecretStr | None:
    return None if plain is None else SecretStr(plain)


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
