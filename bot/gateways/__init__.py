"""Gateways: one file per SMS provider, each only verifying, parsing, sending and classifying."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.gateways import alibaba, cmpp, generic, jasmin, kannel, simulator, smpp, tencent, twilio, vonage
from bot.gateways.base import Gateway
from bot.gateways.options import Option, OptionError


@dataclass(frozen=True, slots=True)
class GatewayKind:
    """How to build gateways of one kind, and every option that their channels may set."""

    from_options: Callable[[Mapping[str, str]], Gateway]
    options: tuple[Option, ...]


GATEWAYS: dict[str, GatewayKind] = {
    "generic": GatewayKind(generic.GenericGateway.from_options, generic.OPTIONS),
    "twilio": GatewayKind(twilio.TwilioGateway.from_options, twilio.OPTIONS),
    "alibaba": GatewayKind(alibaba.AlibabaGateway.from_options, alibaba.OPTIONS),
    "tencent": GatewayKind(tencent.TencentGateway.from_options, tencent.OPTIONS),
    "vonage": GatewayKind(vonage.VonageGateway.from_options, vonage.OPTIONS),
    "kannel": GatewayKind(kannel.KannelGateway.from_options, kannel.OPTIONS),
    "jasmin": GatewayKind(jasmin.JasminGateway.from_options, jasmin.OPTIONS),
    "cmpp": GatewayKind(cmpp.CmppGateway.from_options, cmpp.OPTIONS),
    "smpp": GatewayKind(smpp.SmppGateway.from_options, smpp.OPTIONS),
    "simulator": GatewayKind(simulator.Simulator.from_options, simulator.OPTIONS),
}


def build(kind: str, options: Mapping[str, str]) -> Gateway:
    """The gateway of a channel; raise OptionError that names the kind or option which is wrong or missing."""
    if kind not in GATEWAYS:
        raise OptionError(f"unknown gateway {kind}; there are {', '.join(GATEWAYS)}")
    return GATEWAYS[kind].from_options(options)
