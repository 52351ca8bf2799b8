"""Settings from the environment, read once and frozen. `huixin settings` lists them with their help."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.dialogues import ContentError, Responses
from bot.gateways.addresses import networks
from bot.gateways.channel import Channel
from bot.gateways.channels import read_channels
from bot.gateways.options import OptionError
from bot.gateways.templates import gaps
from bot.store.agents import Role


class SettingsError(Exception):
    """A setting is missing or wrong; names it and says what would be right."""


class Settings(BaseSettings):
    """Each field is an environment variable HUIXIN_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="HUIXIN_", frozen=True, extra="ignore")

    database: str = Field(
        "sqlite:///var/huixin.db", description="sqlite:///path (one process) or postgresql://user@host/name (a fleet)"
    )
    data_key: SecretStr = Field(
        SecretStr(""), description="32 bytes in base64 that seal personal data; make one with `huixin new-key`"
    )
    host: str = Field("127.0.0.1", description="address to serve on")
    port: int = Field(8080, ge=0, le=65535, description="port to serve on; 0 takes any free one")
    metrics_port: int = Field(
        0, ge=0, le=65535, description="port on which `huixin work` serves /health and /metrics; 0: none"
    )
    public_url: str = Field(
        "http://127.0.0.1:8080", description="our address as gateways know it; signatures are checked against it"
    )
    trusted_proxies: str = Field(
        "", description="addresses or networks of our own reverse proxies, whose X-Forwarded-For is believed"
    )
    channels: Path | None = Field(None, description="TOML file of channels: gateway, number, signature, options")
    default_channel: str = Field("", description="channel of customers who never wrote; empty: the first one")
    api_tokens: SecretStr = Field(
        SecretStr(""), description="tokens of the JSON API, separated by blanks; empty: closed"
    )
    upload_mb: int = Field(32, ge=1, le=200, description="how large a portfolio may be that is uploaded in the console")
    upload_days: int = Field(
        14, ge=1, le=365, description="after so many days an uploaded portfolio that nobody went on with is deleted"
    )
    settle_seconds: float = Field(3.0, ge=0, le=60, description="how long fragments of one reply may take to arrive")
    parts_seconds: float = Field(
        180.0,
        ge=1,
        le=3600,
        description="how long the parts of a long reply may take before they are read without the rest",
    )
    poll_seconds: float = Field(0.5, gt=0, le=60, description="how often a worker looks for what nobody woke it for")
    lease_seconds: float = Field(
        60.0, ge=1, le=600, description="after so long a text that was being sent is looked up; longer than a time-out"
    )
    dialogues: Path | None = Field(None, description="another folder of dialogues/; empty: the one shipped")
    bank: str = Field("示例银行", description="the bank's name in Chinese texts")
    bank_en: str = Field("Example Bank", description="the bank's name in English texts")
    hotline: str = Field("95000", description="the bank's own number in texts")
    alert_command: str = Field(
        "",
        description="command run when a life may be at stake (queue, customer) or log-ins fail (log_ins, log-in)",
    )
    alert_url: str = Field("", description="address that gets the same as a JSON post; empty: none")
    pay_routes: str = Field("手机银行、网上银行或任一网点", description="the official ways to pay, in Chinese texts")
    pay_routes_en: str = Field(
        "in the app, in online banking or at any branch", description="the official ways to pay, in English texts"
    )
    crisis_line: str = Field("12356", description="the number for people in despair, of your country")
    emergency: str = Field("120", description="the emergency number of your country")
    language: str = Field("zh", pattern="^(zh|en)$", description="language of customers whose row names none")
    zone: str = Field("Asia/Shanghai", description="time zone of customers whose row names none")
    jurisdiction: str = Field("cn", description="contact rules of customers whose row names none")
    region: str = Field("CN", pattern="^[A-Z]{2}$", description="country of numbers written without country code")
    currency: str = Field("CNY", pattern="^[A-Z]{3}$", description="currency of rows that name none")
    second_reader: str = Field(
        "none", pattern="^(none|rasa|openai)$", description="who is asked about unsure replies: none, rasa or openai"
    )
    second_url: str = Field("", description="address of the second reader's server, without /model/parse or /chat/…")
    second_model: str = Field("", description="the model's name (openai)")
    second_key: SecretStr = Field(SecretStr(""), description="the second reader's key or token, if it wants one")
    second_timeout: float = Field(
        5.0, gt=0, le=60, description="seconds after which the second reader counts as down; a reply waits twice that"
    )
    code_roles: str = Field(
        "",
        description="roles that log in with a second step, separated by blanks: agent supervisor auditor admin; "
        "empty: whoever sets one up",
    )
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        try:
            networks(value)
        except ValueError:
            raise ValueError("write addresses or networks, for example 10.0.0.5 or 10.0.0.0/24") from None
        return value

    @field_validator("code_roles")
    @classmethod
    def _are_roles(cls, value: str) -> str:
        if unknown := set(value.split()) - set(Role):
            raise ValueError(f"{', '.join(sorted(unknown))} is no role; write some of {' '.join(Role)}")
        return value

    def bank_words(self) -> dict[str, dict[str, str]]:
        """The bank's own words, which every text may use, in each language."""
        numbers = {"hotline": self.hotline, "crisis_line": self.crisis_line, "emergency": self.emergency}
        return {
            "zh": {"bank": self.bank, "pay_routes": self.pay_routes, **numbers},
            "en": {"bank": self.bank_en, "pay_routes": self.pay_routes_en, **numbers},
        }


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; raise SettingsError that names the variable."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [f"HUIXIN_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False)]
        raise SettingsError("; ".join(lines)) from None


def load_channels(path: Path) -> dict[str, Channel]:
    """The channels of a TOML file; raise SettingsError that names file, table, key and cure."""
    try:
        return read_channels(path, os.environ)
    except OptionError as error:
        raise SettingsError(str(error)) from None


def check_templates(channels: Mapping[str, Channel], responses: Responses) -> dict[str, dict[str, tuple[str, ...]]]:
    """What each channel that sends templates alone cannot say: responses by language.

    Raise SettingsError where a template does not fit its response.
    """
    lacking = {}
    for name, channel in channels.items():
        found = gaps(channel.templates, responses)
        if found.wrong:
            raise SettingsError(f"channel {name}: {found.wrong[0]}")
        if channel.gateway.can_send and not channel.gateway.free_text:
            lacking[name] = {language: texts for language, texts in found.missing.items() if texts}
    return {name: texts for name, texts in lacking.items() if texts}


def fits(channels: Mapping[str, Channel]) -> Callable[[Responses], None]:
    """Raises ContentError where wording does not fit the templates that a channel sends."""

    def check(responses: Responses) -> None:
        try:
            check_templates(channels, responses)
        except SettingsError as error:
            raise ContentError(str(error)) from None

    return check
