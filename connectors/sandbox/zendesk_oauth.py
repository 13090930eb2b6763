"""OAuth in the sandbox's Zendesk: where tokens come from, what they may do, and when they end.

Addresses (:mod:`connectors.sandbox.oauth` says what they take and answer)
    ``POST /oauth/tokens``                     tokens, from JSON or a form; no authentication but the client's
    ``GET /oauth/authorizations/new``          where a browser is sent; ``server.oauth.person`` decides
    ``GET /api/v2/oauth/tokens``               the tokens of whoever asks, without their secrets
    ``GET /api/v2/oauth/tokens/current``       the token that asks: ``scopes``, ``expires_at``
    ``GET``, ``DELETE /api/v2/oauth/tokens/{id}``   one of them; deleting revokes it with its refresh token

For tests: ``server.oauth.register("care-sync", owner_id)`` gives a client with ``identifier`` and ``secret``,
``server.oauth.delete_client(…)`` withdraws it, ``server.oauth.issue(user_id, "a-token", scopes=…, expires_at=…)`` makes
a token by hand; ``server.faults.add("lost_after", route="POST /oauth/tokens", times=1)`` loses an answer after its
effect, ``"lost_before"`` before it.

Lives: access tokens 30 minutes (``expires_in`` over 5 minutes and under 2 days), refresh tokens 30 days (over 7 and
under 90), codes 2 minutes. A token that has ended is 401 ``invalid_token``. Sources: "OAuth Tokens for Grant Types",
"OAuth Tokens" and "Migrating from API tokens to OAuth access tokens" of the developer documentation. Which resources
have a scope of their own is remembered and not recorded.
"""

from __future__ import annotations

from typing import Any

from connectors.sandbox.oauth import OauthServer, OauthToken
from connectors.sandbox.parameters import Parameters
from connectors.sandbox.server import Answer, Request
from connectors.sandbox.zendesk_shapes import ZendeskShapes, instant

TOKENS, AUTHORIZATIONS = "/oauth/tokens", "/oauth/authorizations/new"
INVALID_TOKEN = Answer(
    401,
    {
        "error": "invalid_token",
        "error_description": "The access token provided is expired, revoked, malformed or invalid for other reasons.",
    },
    {"WWW-Authenticate": 'Bearer error="invalid_token"'},
)
RESOURCES = {
    "tickets": "tickets",
    "incremental": "tickets",
    "users": "users",
    "organizations": "organizations",
    "webhooks": "webhooks",
    "triggers": "triggers",
    "search": "tickets",
}
"""Paths whose resource has scopes of its own (``tickets:read``); everything else takes ``read`` or ``write`` alone."""


def browser_answer(oauth: OauthServer, request: Request) -> Answer | None:
    """The answer of what stands outside the API; ``None`` for any other address."""
    if (request.method, request.path) == ("POST", TOKENS):
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        given = request.form if is_form else request.json
        return oauth.token(given if isinstance(given, Parameters) else Parameters())
    if (request.method, request.path) == ("GET", AUTHORIZATIONS):
        return oauth.authorize(request.query)
    return None


def missing_scope(token: OauthToken, method: str, path: str) -> Answer | None:
    """The refusal of a call that the token's scopes do not reach; ``None`` where they do."""
    kind = "read" if method == "GET" else "write"
    parts = path.removeprefix("/api/v2/").split("/")
    if parts[0] == "oauth" or parts == ["users", "me"]:
        return None
    if parts[0] == "incremental" and len(parts) > 1:
        parts = parts[1:]
    resource = RESOURCES.get(parts[0])
    if kind in token.scopes or (resource is not None and f"{resource}:{kind}" in token.scopes):
        return None
    # the words as a public client expects them (tap-zendesk, ``http.py``)
    told = f"You are missing the following required scopes: {kind}"
    return Answer(403, {"error": "Forbidden", "description": told})


def shown(token: OauthToken, shapes: ZendeskShapes) -> dict[str, Any]:
    """A token as the API shows it: of its secret the beginning alone."""
    return {
        "url": shapes.url(f"oauth/tokens/{token.id}"),
        "id": token.id,
        "user_id": token.user_id,
        "client_id": token.client_id,
        "token": token.access_token[:10],
        "refresh_token": token.refresh_token[:10] if token.refresh_token else None,
        "created_at": instant(token.created_at),
        "used_at": None,
        "scopes": sorted(token.scopes),
        "expires_at": instant(token.expires_at) if token.expires_at else None,
        "refresh_token_expires_at": instant(token.refresh_expires_at) if token.refresh_expires_at else None,
    }


class ZendeskTokens:
    """The calls of the API about tokens: each sees and revokes their own."""

    def __init__(self, oauth: OauthServer, shapes: ZendeskShapes) -> None:
        self._oauth = oauth
        self._shapes = shapes

    def of(self, user_id: int) -> list[dict[str, Any]]:
        """Somebody's tokens."""
        return [shown(token, self._shapes) for token in self._oauth.records.tokens.values() if token.user_id == user_id]

    def find(self, user_id: int, token_id: int) -> dict[str, Any] | None:
        """One of somebody's tokens."""
        token = self._oauth.records.tokens.get(token_id)
        return shown(token, self._shapes) if token is not None and token.user_id == user_id else None

    def current(self, token: OauthToken | None) -> dict[str, Any] | None:
        """The token that asks; an API token is none."""
        return shown(token, self._shapes) if token is not None else None

    def revoke(self, user_id: int, token_id: int) -> bool:
        """Revoke one of somebody's tokens; says whether there was one."""
        return self.find(user_id, token_id) is not None and self._oauth.revoke(token_id)
