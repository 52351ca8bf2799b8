"""Webhooks without a signature: the end of the path is the password, and a list of addresses may stand beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.gateways.addresses import Network, is_within, networks
from bot.gateways.base import RawRequest, Refused
from bot.gateways.options import Option, OptionError
from bot.gateways.sign import opens

MIN_TOKEN = 22  # characters; 128 bits in base64
ADDRESSES = Option("allowed_addresses", "addresses or networks that webhooks may come from; empty allows all")

OPTIONS = (
    Option(
        "path_token",
        f"the secret end of the webhook's path, {MIN_TOKEN} characters or more; two while it is replaced",
        required=True,
        secret=True,
    ),
    ADDRESSES,
)


@dataclass(frozen=True, slots=True)
class SecretPath:
    """Who may push: any of the tokens opens, from any of the networks where some are listed."""

    tokens: tuple[str, ...]
    allowed: tuple[Network, ...] = ()

    def check(self, request: RawRequest) -> None:
        """Raise Refused unless the token is right and the address is on the list."""
        if not opens(request.path_token, self.tokens):
            raise Refused("wrong path token")
        check_address(request, self.allowed)


def check_address(request: RawRequest, allowed: Sequence[Network]) -> None:
    """Raise Refused where there is a list of addresses and the request does not come from one of them."""
    if allowed and not is_within(request.remote, allowed):
        raise Refused("an address that is not on the list")


def guard(kind: str, tokens: Sequence[str], allowed: Sequence[Network] = ()) -> SecretPath:
    """The path's tokens, or OptionError where one is missing or could be guessed."""
    if not tokens or any(len(token) < MIN_TOKEN for token in tokens):
        raise OptionError(f"{kind}: option path_token has {MIN_TOKEN} characters or more")
    return SecretPath(tuple(tokens), tuple(allowed))


def allowed_networks(kind: str, values: Mapping[str, str]) -> tuple[Network, ...]:
    """The option allowed_addresses, or OptionError."""
    try:
        return networks(values["allowed_addresses"])
    except ValueError:
        raise OptionError(f"{kind}: option allowed_addresses holds something else") from None
