"""`vedette login` and `vedette logout`: who calls a stage, kept for this user alone."""

import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import access as accesses
from cli import oidc
from cli.access import Access
from cli.bearer import issuer, keeping
from cli.client import Client
from cli.errors import ApiError, CommandError, UsageError
from cli.session import console, notes

_ASK = "-"


def login(
    url: Annotated[
        str, typer.Option(help="The HTTP API of the stage; the local stack of this folder when left out.")
    ] = "",
    websocket_url: Annotated[str, typer.Option(help="Its WebSocket API, with the stage.")] = "",
    token: Annotated[
        str, typer.Option(help="An API token, vdt_..., in the place of the browser; `-` asks for it.")
    ] = "",
    browser: Annotated[bool, typer.Option(help="Open the browser, or only say which address to open.")] = True,
) -> None:
    """Log in to a stage: through the browser, or with an API token; kept for this user alone."""
    place = _place(url, websocket_url)
    if token:
        token = typer.prompt("API token", hide_input=True) if token == _ASK else token
        candidate = place.model_copy(update={"token": token})
        with Client(candidate) as client:
            next(iter(client.items("projects", limit=1)), None)
        console().print(f"logged in; kept in {accesses.save(candidate)}")
        return
    candidate = _through_browser(place, open_browser=browser)
    with Client(candidate) as client:
        me = client.get("me")
    path: Path = accesses.save(candidate)
    console().print(f"logged in as {me['email'] or me['name'] or me['id']}; kept in {path}")


def logout() -> None:
    """End the login: the issuer is asked to forget it, and nothing of it stays on this machine."""
    with accesses.alone():
        kept = accesses.saved()
        if kept is None:
            raise UsageError("nobody is logged in")
        ended = False
        try:
            ended = _end(kept)
        except CommandError as error:
            notes().print(f"vedette: {error}")
        finally:
            accesses.forget()
    if kept.login is None:
        console().print("the token is forgotten here; it works until it is revoked")
    elif ended:
        console().print("logged out")
    else:
        console().print("logged out here; the issuer did not end the login, which lasts as long as it says")


def _end(kept: Access) -> bool:
    if kept.login is None or not kept.login.refresh_token:
        return False
    with issuer() as http:
        return oidc.revoke(http, kept.login.offer, kept.login.refresh_token)


def _place(url: str, websocket_url: str) -> Access:
    if not url and accesses.LOCAL.exists():
        return accesses.local().model_copy(update={"token": ""})
    return Access(
        url=url or typer.prompt("The HTTP API of the deployed stage"),
        websocket_url=websocket_url or typer.prompt("Its WebSocket API, with the stage"),
        token="",
    )


def _through_browser(place: Access, *, open_browser: bool) -> Access:
    from cli.loopback import landing

    offer = _offer(place)
    with issuer() as http:
        provider = oidc.discover(http, offer)
        with landing(offer.redirect_uris) as waiting:
            attempt = oidc.Attempt(redirect_uri=waiting.redirect_uri)
            address = attempt.address(offer, provider)
            opened = open_browser and webbrowser.open(address)
            notes().print("log in with the browser that was opened, or open" if opened else "to log in, open")
            notes().print(address)
            answer = waiting.wait(state=attempt.state)
        grant = oidc.redeem(http, offer, provider, attempt, answer, now=datetime.now(UTC))
    return keeping(place, offer, grant)


def _offer(place: Access) -> oidc.Offer:
    with Client(place) as client:
        try:
            offer = oidc.Offer.model_validate(client.get("identity"))
        except ApiError as error:
            raise UsageError(
                f"{place.url} does not say how people log in: {error}; --token takes an API token"
            ) from error
    if not offer.issuer:
        raise UsageError("this stage trusts no issuer: log in with an API token, --token vdt_...")
    return offer
