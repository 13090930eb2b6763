"""``care-sync connect``: a way into a product by OAuth, kept encrypted in the store."""

from __future__ import annotations

import webbrowser
from dataclasses import replace
from typing import Annotated

import typer
from pydantic import SecretStr

from care_sync.application import environment_of, tokens_of
from care_sync.cli.loopback import PATH, Loopback
from care_sync.cli.session import Session
from care_sync.errors import UserError
from care_sync.settings import Settings
from care_sync.store import Store
from care_sync.store.tokens import CREDENTIALS_REFUSED
from care_sync.terminal import say
from connectors.authorization import AuthorizationRequest
from connectors.credentials import OauthClient, Token, TokenStorage
from connectors.errors import ConnectorError
from connectors.oauth_settings import OauthService, OauthSettings
from connectors.product_settings import network_of
from connectors.token_endpoint import TokenEndpoint, joined

USUAL_PORT = 8765


def connect(
    context: typer.Context,
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="A product of the settings, such as zendesk.")],
    client_id: Annotated[str | None, typer.Option(help="The client's id; asked for otherwise.")] = None,
    consent: Annotated[
        bool, typer.Option("--consent", help="Let a person consent in a browser, and act as that person.")
    ] = False,
    paste: Annotated[
        bool, typer.Option("--paste", help="The browser is on another machine: paste the address that it ends up at.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the browser comes back to.")] = USUAL_PORT,
    for_setup: Annotated[
        bool, typer.Option("--for-setup", help="Also ask for what `care-sync setup` needs; connect anew afterwards.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Drop the token that is kept, and do nothing else.")] = False,
) -> None:
    """Connect a product by OAuth. What it gives is kept encrypted in the store, and renewed by itself.

    Register a client with the product first; the command says where. With the client's id and secret, tokens are asked
    for whenever one is needed, and no person is needed again: the way for a daemon. With `--consent`, and where a
    product has no other way, a person consents in a browser. Secrets are never shown, and never taken from the command
    line.

    ```
    care-sync connect zendesk                  paste a client's id and secret
    care-sync connect zendesk --consent        consent in a browser on this machine
    care-sync connect zendesk --consent --paste    in a browser elsewhere
    ```
    """
    session = Session.of(context)
    with session.store() as (settings, store):
        options = _options(settings, product)
        service = options.oauth
        if settings.store.token_key is None:
            raise UserError("store.token_key is not set", ["make one: openssl rand -hex 32; it encrypts tokens"])
        if forget:
            _forget(store, service.name)
            return
        endpoint = TokenEndpoint(service, environment_of(settings, session.clock, store), network_of(options))
        scopes = service.setup_scopes if for_setup else service.scopes
        consent = consent or not service.gives_to_clients
        client = _client(service, client_id, scopes, port if consent else None)
        try:
            token = _given(service, endpoint, client, scopes, port if consent or client.secret is None else None, paste)
        except ConnectorError as error:
            raise UserError(f"{product} is not connected", [str(error)]) from None
        _keep(tokens_of(settings, session.clock, store), service.name, token, session)
    _tell(service, options, token)


def _forget(store: Store, name: str) -> None:
    with store.begin() as work:
        is_gone = work.tokens.forget(name)
        work.attention.resolve(CREDENTIALS_REFUSED, [name])
    say(f"{name} is forgotten." if is_gone else f"{name} was not connected.")


def _options(settings: Settings, product: str) -> OauthSettings:
    """The settings of the account that is meant: by its product, or by the name that a time tracker has here."""
    named = [
        connection for connection in settings.connections.values() if product in (connection.name, connection.product)
    ]
    accounts = {
        connection.options.oauth.name: connection.options
        for connection in named
        if isinstance(connection.options, OauthSettings)
    }
    if not named:
        there_are = sorted({connection.product for connection in settings.connections.values()})
        raise UserError(f"no product of the settings is called {product!r}", [f"there are {', '.join(there_are)}"])
    if not accounts:
        raise UserError(f"{product} has no OAuth that CareSync knows", ["its token stands in the settings"])
    if len(accounts) > 1:
        names = sorted(connection.name for connection in named)
        raise UserError(f"there are {len(accounts)} accounts of {product}", [f"name one of {', '.join(names)}"])
    return next(iter(accounts.values()))


def _client(service: OauthService, client_id: str | None, scopes: frozenset[str], port: int | None) -> OauthClient:
    """Ask for the client that a person has registered."""
    say(f"Register an OAuth client: {service.registered_at}.")
    if scopes:
        say(f"Scopes: {joined(scopes)}.")
    if port is not None:
        say(f"Redirect address: http://127.0.0.1:{port}{PATH}")
    identifier = client_id or typer.prompt("Client id", err=True)
    secret = typer.prompt(
        "Client secret (empty: a public client)", default="", hide_input=True, show_default=False, err=True
    )
    return OauthClient(identifier.strip(), SecretStr(secret.strip()) if secret.strip() else None)


def _given(
    service: OauthService,
    endpoint: TokenEndpoint,
    client: OauthClient,
    scopes: frozenset[str],
    port: int | None,
    paste: bool,
) -> Token:
    """What the client's own credentials give; with a ``port`` to come back to, what a person consents to."""
    if port is None:
        return replace(endpoint.by_client(client, scopes), client=client)
    if paste:
        request = AuthorizationRequest.of(service, client, scopes, f"http://127.0.0.1:{port}{PATH}")
        say("Open this address and allow it; the browser then ends up at a page that it cannot show.")
        say(request.address)
        came_back = typer.prompt("The address of that page", hide_input=True, err=True)
    else:
        with Loopback(port) as loopback:
            request = AuthorizationRequest.of(service, client, scopes, loopback.address)
            say("Allow it in the browser. If none opens, open this address on this machine:")
            say(request.address)
            webbrowser.open(request.address)
            came_back = loopback.wait()
    token = endpoint.by_code(request.code_in(came_back), request.verifier, request.redirect, client)
    # Without a refresh token, nothing but a person replaces it: the client's own credentials would act as another.
    return replace(token, client=client) if token.refresh is not None else token


def _keep(tokens: TokenStorage, name: str, token: Token, session: Session) -> None:
    """Put the token in the place of whatever is there; a renewal that is under way meanwhile comes too late."""
    is_kept = False
    while not is_kept:
        stored = tokens.load(name)
        is_kept = tokens.save(name, stored.generation if stored is not None else 0, token, session.clock.now())


def _tell(service: OauthService, options: OauthSettings, token: Token) -> None:
    say(f"{service.name} is connected.")
    if token.scopes:
        say(f"Scopes: {joined(token.scopes)}.")
    if token.refresh is not None and token.refresh_ends_at is not None:
        say(f"It is renewed while CareSync runs; after a pause beyond {token.refresh_ends_at:%Y-%m-%d}, connect again.")
    elif token.refresh is None and token.client is None and token.ends_at is not None:
        say(f"It cannot be renewed, and ends on {token.ends_at:%Y-%m-%d}; connect again before.")
    if not options.is_connected:
        say(f"The settings hold another way into {service.product}, which comes first: take it out of them.")
    say("Try it: care-sync check")
