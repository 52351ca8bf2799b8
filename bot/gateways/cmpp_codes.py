"""What CMPP's numbers and words mean: results of a log-in and of a submit, and the Stat of a report."""

from __future__ import annotations

from bot.gateways.base import Delivery, ErrorClass
from bot.gateways.carrier_codes import class_of_report
from bot.gateways.smpp_codes import STATE

# Status of CMPP_CONNECT_RESP (7.4.1.2). What is not listed may pass.
CONNECT_STATUS = {
    1: ("the message has a wrong structure", ErrorClass.CONFIG),
    2: ("the source address is not known", ErrorClass.CONFIG),
    3: ("the authentication failed", ErrorClass.CONFIG),
    4: ("the version is too high", ErrorClass.CONFIG),
    5: ("another error", ErrorClass.RETRYABLE),
}

# Result of CMPP_SUBMIT_RESP (7.4.3.2). Charging, service and source are settings of ours: they fail every text alike.
SUBMIT_RESULT = (
    (1, "wrong structure", ErrorClass.PERMANENT),
    (2, "wrong command", ErrorClass.PERMANENT),
    (3, "repeated sequence", ErrorClass.RETRYABLE),
    (4, "wrong length", ErrorClass.PERMANENT),
    (5, "wrong FeeCode", ErrorClass.CONFIG),
    (6, "too long", ErrorClass.PERMANENT),
    (7, "wrong Service_Id", ErrorClass.CONFIG),
    (8, "too many at a time", ErrorClass.THROTTLED),
    (9, "not served for this charged number", ErrorClass.CONFIG),
    (10, "wrong Src_Id", ErrorClass.CONFIG),
    (11, "wrong Msg_src", ErrorClass.CONFIG),
    (12, "wrong Fee_terminal_Id", ErrorClass.CONFIG),
    (13, "wrong Dest_terminal_Id", ErrorClass.PERMANENT),
)
OTHER_IN_V2 = 9  # from here on, 2.0 says only "other errors"
MEANING = {result: (reason, kind) for result, reason, kind in SUBMIT_RESULT}

# Codes of the networks behind the gateway, which tried; others are of the gateways before it, which did not.
TRIED = ("MK:", "MA:", "MB:", "MC:", "MN:", "MI:", "CB:", "CA:")


def meaning_of_result(result: int, in_v2: bool) -> tuple[str, ErrorClass]:
    """Why a submit was not taken, and what that means. Operators have more numbers than the protocol."""
    if in_v2 and result == OTHER_IN_V2:
        return "another error", ErrorClass.RETRYABLE
    return MEANING.get(result, ("another error", ErrorClass.RETRYABLE))


def meaning_of_stat(stat: str) -> tuple[Delivery, ErrorClass | None]:
    """What a report's Stat says: one of the seven words of the protocol, or a code of the carrier's."""
    status = STATE.get(stat)
    if status is None:
        status = Delivery.UNDELIVERED if stat.startswith(TRIED) else Delivery.FAILED
    if status in (Delivery.UNDELIVERED, Delivery.FAILED):
        return status, class_of_report(stat)
    return status, None
