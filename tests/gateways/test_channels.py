"""Channels are data: a file says what each is and may, and an error in it names the place and the cure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateways.channel import Channel, Opening
from bot.gateways.channels import KEYS, read_channels
from bot.gateways.generic import GenericGateway
from bot.gateways.options import OptionError
from bot.settings import SettingsError, load_channels

SECRET = "whsec_" + "A" * 44
BANK = f"""
[bank]
gateway = "generic"
number = "106900001234"
signature = "【示例银行】"
per_second = 50
per_day = 200000
hours = "mon-sat 08:00-21:00"
zone = "Asia/Shanghai"
failover = "reserve"

[bank.options]
secrets = "{SECRET}"
send_url = "https://sms.bank.example/send"

[cards]
gateway = "generic"
number = "1069000012345"
inbound = "bank"
options = {{secrets = "env:CARDS_SECRET", send_url = "https://sms.bank.example/send"}}

[reserve]
gateway = "generic"
region = "HK"
options = {{secrets = "{SECRET}", send_url = "https://other.example/send"}}
"""
NO_SENDING = BANK.replace('failover = "reserve"', 'failover = "cards"').replace(
    'CARDS_SECRET", send_url', 'CARDS_SECRET", x'
)
NO_SENDING = NO_SENDING.replace(', x = "https://sms.bank.example/send"', "")
NO_NUMBER = BANK.replace('number = "1069000012345"\n', "")
NO_WEBHOOK = BANK.replace('region = "HK"', 'number = "1"\ninbound = "cards"')
LINE = Channel("bank", GenericGateway([SECRET]), "106900001234", "")
OPEN = replace(LINE, opening=Opening(time(8), time(21), frozenset(range(6))))


def read(tmp_path: Path, text: str) -> dict[str, Channel]:
    path = tmp_path / "channels.toml"
    path.write_text(text, encoding="utf-8")
    return read_channels(path, {"CARDS_SECRET": SECRET})


def test_a_file_of_channels_says_everything(tmp_path: Path) -> None:
    channels = read(tmp_path, BANK)
    bank, reserve = channels["bank"], channels["reserve"]
    assert (bank.per_second, bank.per_day, bank.failover) == (50, 200000, "reserve")
    assert bank.opening == OPEN.opening
    assert bank.beside == {"1069000012345": "cards"}
    assert (reserve.per_second, reserve.per_day, reserve.opening, reserve.region) == (20, None, None, "HK")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("gateway = 'smsc'", "[x]: gateway: write one of generic, twilio"),
        ("", "[x]: gateway: write one of generic, twilio"),
        ("gateway = 3", "[x]: gateway: write text, in quotes"),
        ("per_second = 0", "[x]: per_second: write a whole number of texts, 1 or more"),
        ("per_second = '20'", "[x]: per_second: write a whole number"),
        ("per_second = true", "[x]: per_second: write a whole number"),
        ("per_second = 1e3", "[x]: per_second: write a whole number"),
        ("per_day = -1", "[x]: per_day: write a whole number"),
        ("hours = '8-21'", '[x]: hours: write for example "mon-sun 08:00-21:00"'),
        ("hours = 'mon-sun 25:00-26:00'", "[x]: hours: write for example"),
        ("hours = 'sat-mon 08:00-21:00'", "[x]: hours: write for example"),
        ("hours = 'mon-sun 21:00-08:00'", "[x]: hours: it must close after it opens"),
        ("hours = 08:00:00", "[x]: hours: write text, in quotes"),
        ("zone = 'Mars/Base'", "[x]: zone: write a time zone, for example Asia/Shanghai"),
        ("zone = '../etc/passwd'", "[x]: zone: write a time zone"),
        ("region = 'China'", "[x]: region: write a country's two capitals, for example CN"),
        ("failover = 'y'", "[x]: failover: there is no other channel 'y'; there are none"),
        ("failover = 'x'", "[x]: failover: there is no other channel 'x'"),
        ("inbound = 'x'", "[x]: inbound: there is no other channel 'x'"),
        ('number = "1\\u0000"', "[x]: number: write text, in quotes"),
        ("signature = '" + "长" * 501 + "'", "[x]: signature: write text"),
        ("templates = 'none.yml'", "none.yml: the file is missing"),
        ("templates = '.'", "[x]: templates: "),
        ("colour = 'red'", "[x]: colour: unknown key; known are gateway, number"),
        ("options = 'x'", "[x]: options: write them under [x.options]"),
        ("options = {secrets = true}", '[x]: option secrets: write text, in quotes: "…"'),
        ("options = {secrets = ['a']}", "[x]: option secrets: write text"),
        ("options = {secrets = 'env:NOBODY_SET_THIS'}", "[x]: option secrets: the environment has no NOBODY_SET_THIS"),
        ("options = {secrets = 'short'}", "[x]: generic: option secrets"),
        ("options = {colour = 'red'}", "[x]: generic: unknown option colour; it takes "),
    ],
)
def test_an_error_names_the_file_the_table_the_key_and_the_cure(tmp_path: Path, line: str, error: str) -> None:
    lines = {"gateway": 'gateway = "generic"', "options": f'options = {{secrets = "{SECRET}"}}'}
    key = line.partition(" ")[0]
    lines = {name: given for name, given in lines.items() if name != key and (line or name != "gateway")}
    with pytest.raises(OptionError) as raised:
        read(tmp_path, "\n".join(["[x]", *lines.values(), line]))
    assert str(tmp_path / "channels.toml") in str(raised.value) or "none.yml" in str(raised.value)
    assert error in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[bank", "not TOML"),
        ("gateway = 'generic'", "'gateway' stands outside a table; write it under a line such as [bank]"),
        ("['b/../k']\ngateway = 'generic'", "a channel's name has up to 32 letters, digits and dashes"),
        ("['银行']\ngateway = 'generic'", "a channel's name has up to 32 letters, digits and dashes"),
        (f"[{'b' * 33}]\ngateway = 'generic'", "a channel's name has up to 32 letters, digits and dashes"),
        ("[[bank]]\ngateway = 'generic'", "'bank' stands outside a table"),
        (NO_SENDING, "[bank]: failover: cards only receives; name a channel that sends"),
        (NO_NUMBER, "[cards]: inbound: replies are told apart by their number"),
        (NO_WEBHOOK, "[reserve]: inbound: cards has no webhook of its own"),
    ],
)  # fmt: skip
def test_channels_are_held_against_each_other(tmp_path: Path, text: str, error: str) -> None:
    with pytest.raises(OptionError) as raised:
        read(tmp_path, text)
    assert error in str(raised.value)


@given(junk=st.binary(max_size=200))
def test_no_file_breaks_the_start_in_any_other_way(junk: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.toml"
    path.write_bytes(junk)
    try:
        load_channels(path)
    except SettingsError as error:
        assert str(path) in str(error)


@given(
    key=st.sampled_from(KEYS),
    value=st.sampled_from(["1", "-1", "true", "''", "'x'", "[]", "{}", "1.5", "2026-11-23", "'env:X'", "'\\u0000'"]),
)
def test_any_value_of_any_key_is_taken_or_named(key: str, value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    lines = {"gateway": "'generic'", "options": f"{{secrets = '{SECRET}'}}"} | {key: value}
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text("[x]\n" + "\n".join(f"{name} = {given}" for name, given in lines.items()), encoding="utf-8")
    try:
        load_channels(path)
    except SettingsError as error:
        assert "any.toml" in str(error) and key.rstrip("s") in str(error)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T08:00", "2026-11-23T08:00"),
        ("2026-11-23T07:59", "2026-11-23T08:00"),
        ("2026-11-23T20:59", "2026-11-23T20:59"),
        ("2026-11-23T21:00", "2026-11-24T08:00"),
        ("2026-11-28T21:00", "2026-11-30T08:00"),  # Saturday evening: closed on Sunday
    ],
)
def test_a_channel_sends_in_its_hours_on_its_own_clock(now: str, opens: str) -> None:
    at, then = (datetime.fromisoformat(f"{text}:00+08:00") for text in (now, opens))
    assert OPEN.opens_at(at) == then
    assert LINE.opens_at(at) == at


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.sampled_from(["Europe/London", "Asia/Shanghai"]))
def test_the_next_opening_is_open_and_nothing_before_it_is(naive: datetime, zone: str) -> None:
    channel, now = replace(OPEN, zone=zone), naive.replace(tzinfo=UTC)
    opens = channel.opens_at(now)
    assert now <= opens <= now + timedelta(days=3)
    assert channel.opens_at(opens) == opens
    closes = channel.closes_at(opens)
    assert closes is not None and closes > opens
    if opens > now:
        assert channel.opens_at(opens - timedelta(seconds=1)) == opens


@pytest.mark.parametrize(
    ("destination", "name"),
    [
        ("106900001234", "bank"),
        ("1069000012345", "cards"),
        ("10690000123456789", "cards"),  # carriers append digits to a port
        ("+1069000012345", "cards"),
        ("10690000123499", "bank"),
        ("1068", "bank"),
        ("", "bank"),
    ],
)
def test_a_reply_belongs_to_the_channel_of_the_number_that_it_was_sent_to(destination: str, name: str) -> None:
    assert replace(LINE, beside={"1069000012345": "cards"}).line(destination) == name
