"""Building gateways from a channel's configuration, and errors that name what is wrong."""

from __future__ import annotations

import pytest

from bot.gateways import GATEWAYS, build
from bot.gateways.options import OptionError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ACCOUNT, TOKEN = "AC" + "0" * 32, "t" * 22

COMPLETE: dict[str, dict[str, str]] = {
    "generic": {"secrets": SECRET},
    "twilio": {"account_sid": ACCOUNT, "auth_tokens": "tok"},
    "alibaba": {"path_token": TOKEN},
    "tencent": {"path_token": TOKEN},
    "vonage": {"signature_secrets": "sekret"},
    "kannel": {"path_token": TOKEN},
    "jasmin": {"path_token": TOKEN},
    "cmpp": {"host": "ismg.example", "port": "7890", "sp_id": "901234", "shared_secret": "pw", "src_id": "1069"},
    "smpp": {"host": "smsc.example", "port": "2775", "system_id": "b", "password": "pw", "from_number": "1069"},
    "simulator": {"secret": SECRET, "callback_url": "http://127.0.0.1:8080/hooks/1"},
}
SENDING: dict[str, dict[str, str]] = {
    "generic": {"send_url": "https://sms.bank.example/send", "idempotent": "yes", "timeout_seconds": "2.5"},
    "twilio": {"from_number": "+14155550199", "callback_url": "https://bot.example/h#rc=5"},
    "alibaba": {
        "access_key_id": "a",
        "access_key_secret": "b",
        "sign_name": "c",
        "allowed_addresses": "10.0.0.0/8",
    },
    "tencent": {"secret_id": "a", "secret_key": "b", "app_id": "1400000000", "sign_name": "c"},
    "vonage": {"api_key": "a", "api_secret": "b", "from_number": "c", "callback_url": "https://bot.example/h"},
    "kannel": {"send_url": "http://kannel:13013/cgi-bin/sendsms", "username": "a", "password": "b"},
    "jasmin": {"send_url": "http://jasmin:1401/send", "username": "a", "password": "b"},
    "cmpp": {"version": "3.0", "service_id": "HELP", "coding": "gbk", "not_stored": "silence", "check_gateway": "no"},
    "smpp": {"window": "8", "connections": "2", "alphabet": "none", "timeout_seconds": "5"},
    "simulator": {"seed": "monday"},
}

CONNECTED = ("cmpp", "smpp")  # what they need to receive is what they need to send


@pytest.mark.parametrize("kind", GATEWAYS)
async def test_the_required_options_are_enough_to_receive(kind: str) -> None:
    gateway = build(kind, COMPLETE[kind])
    assert gateway.name == kind
    assert gateway.can_send == (kind in ("simulator", *CONNECTED))
    assert build(kind, COMPLETE[kind] | SENDING[kind]).can_send


@pytest.mark.parametrize("kind", GATEWAYS)
def test_each_missing_option_is_named(kind: str) -> None:
    required = {option.name for option in GATEWAYS[kind].options if option.required}
    for name in required:
        for rest in ({}, {name: "  "}):
            given = {k: v for k, v in COMPLETE[kind].items() if k != name} | rest
            with pytest.raises(OptionError, match=f"{kind}: option {name} is missing"):
                build(kind, given)


@pytest.mark.parametrize("kind", GATEWAYS)
def test_a_misspelt_option_is_named_with_those_that_exist(kind: str) -> None:
    with pytest.raises(OptionError, match=f"{kind}: unknown option secretz; it takes .*{next(iter(COMPLETE[kind]))}"):
        build(kind, COMPLETE[kind] | {"secretz": "x"})


def test_an_unknown_gateway_is_named_with_those_that_exist() -> None:
    with pytest.raises(OptionError, match=r"unknown gateway pigeon; there are generic, twilio, .*simulator"):
        build("pigeon", {})


@pytest.mark.parametrize(
    ("kind", "changed", "named"),
    [
        ("generic", {"secrets": "whsec_c2hvcnQ="}, "secrets"),
        ("generic", {"secrets": f"{SECRET}, not base64!"}, "secrets"),
        ("generic", {"send_url": "sms.bank.example"}, "send_url"),
        ("generic", {"send_url": "https://sms.bank.example:port/"}, "send_url"),
        ("generic", {"look_up_url": "/texts"}, "look_up_url"),
        ("generic", {"idempotent": "maybe"}, "idempotent"),
        ("generic", {"timeout_seconds": "soon"}, "timeout_seconds"),
        ("generic", {"timeout_seconds": "0"}, "timeout_seconds"),
        ("twilio", {"account_sid": "AC1"}, "account_sid"),
        ("twilio", {"from_number": "+1", "messaging_service_sid": "MG1"}, "from_number"),
        ("twilio", {"callback_url": "bot.example"}, "callback_url"),
        ("twilio", {"api_base": "ftp://x"}, "api_base"),
        ("alibaba", {"path_token": "short"}, "path_token"),
        ("alibaba", {"path_token": f"{TOKEN},short"}, "path_token"),
        ("alibaba", {"allowed_addresses": "everywhere"}, "allowed_addresses"),
        ("alibaba", {"access_key_id": "LTAI-1"}, "access_key_secret"),
        ("tencent", {"path_token": "short"}, "path_token"),
        ("tencent", {"secret_id": "AKID-1"}, "secret_key"),
        ("tencent", {"api_base": "sms"}, "api_base"),
        ("vonage", {"signature_secrets": ""}, "path_token"),
        ("vonage", {"signature_secrets": "", "path_token": "short"}, "path_token"),
        ("vonage", {"signature_method": "md5"}, "signature_method"),
        ("vonage", {"api_key": "key-1"}, "api_secret"),
        ("vonage", {"callback_url": "https://bot.example/" + "h" * 90}, "callback_url"),
        ("kannel", {"path_token": "short"}, "path_token"),
        ("kannel", {"send_url": "http://kannel/sendsms"}, "username"),
        ("kannel", {**SENDING["kannel"], "password": "pässword"}, "password"),
        ("kannel", {**SENDING["kannel"], "smsc": "a\nX-Kannel-To: +1"}, "smsc"),
        ("kannel", {"callback_url": "https://bot.example/h%41"}, "callback_url"),
        ("kannel", {"callback_url": "bot.example"}, "callback_url"),
        ("jasmin", {"path_token": "short"}, "path_token"),
        ("jasmin", {"send_url": "jasmin:1401"}, "username"),
        ("jasmin", {**SENDING["jasmin"], "send_url": "10.0.0.7:1401"}, "send_url"),
        ("cmpp", {"port": "0"}, "port"),
        ("cmpp", {"version": "4.0"}, "version"),
        ("cmpp", {"sp_id": "9012345"}, "sp_id"),
        ("cmpp", {"src_id": "1069-1"}, "src_id"),
        ("cmpp", {"src_id": "1069" * 6}, "src_id"),
        ("cmpp", {"service_id": "业务"}, "service_id"),
        ("cmpp", {"fee_user_type": "bank"}, "fee_user_type"),
        ("cmpp", {"fee_type": "free"}, "fee_type"),
        ("cmpp", {"coding": "utf8"}, "coding"),
        ("cmpp", {"not_stored": "shrug"}, "not_stored"),
        ("cmpp", {"test_seconds": "1000"}, "test_seconds"),
        ("smpp", {"host": "smsc.example/x"}, "host"),
        ("smpp", {"port": "smsc"}, "port"),
        ("smpp", {"port": "65536"}, "port"),
        ("smpp", {"window": "0"}, "window"),
        ("smpp", {"connections": "many"}, "connections"),
        ("smpp", {"tls": "perhaps"}, "tls"),
        ("smpp", {"system_id": "longer than 15 characters"}, "system_id"),
        ("smpp", {"password": "pässword"}, "password"),
        ("smpp", {"from_number": "1069\0"}, "from_number"),
        ("smpp", {"source_ton": "seven"}, "source_ton"),
        ("smpp", {"alphabet": "ebcdic"}, "alphabet"),
        ("smpp", {"message_ids": "octal"}, "message_ids"),
        ("simulator", {"secret": "hunter2"}, "secret"),
        ("simulator", {"callback_url": "nowhere"}, "callback_url"),
    ],
)
def test_a_value_that_cannot_work_is_named_and_never_shown(kind: str, changed: dict[str, str], named: str) -> None:
    with pytest.raises(OptionError, match=named) as caught:
        build(kind, COMPLETE[kind] | changed)
    for value in changed.values():
        assert len(value) < 3 or value not in str(caught.value)


HIDDEN, SHOWN = ("secret", "token", "password"), ("secret_id",)
HOLDS_A_TOKEN = ("kannel", "jasmin")  # whose callback_url ends in the path's token


def test_every_option_says_what_it_is_and_secrets_are_marked() -> None:
    for name, kind in GATEWAYS.items():
        for option in kind.options:
            assert len(option.help) > 10
            if option.name == "callback_url" and name in HOLDS_A_TOKEN:
                assert option.secret
                continue
            hides = any(word in option.name for word in HIDDEN) and option.name not in SHOWN
            assert option.secret == hides, option.name


def test_several_values_may_be_separated_by_commas_or_blanks() -> None:
    newer = "whsec_" + "A" * 32
    for joined in (f"{SECRET},{newer}", f"{SECRET} {newer}", f" {SECRET} ,\n{newer} "):
        assert build("generic", {"secrets": joined}).name == "generic"
