"""SMPP's words for what became of a text, as Kannel and Jasmin pass them on (SMPP 3.4, 5.1.3 and appendix B)."""

from __future__ import annotations

from bot.gateways.base import Delivery, ErrorClass
from bot.gateways.carrier_codes import class_of_report

STATE = {
    "ENROUTE": Delivery.SENT,
    "ACCEPTD": Delivery.SENT,
    "UNKNOWN": Delivery.SENT,
    "DELIVRD": Delivery.DELIVERED,
    "EXPIRED": Delivery.UNDELIVERED,
    "DELETED": Delivery.UNDELIVERED,
    "UNDELIV": Delivery.UNDELIVERED,
    "REJECTD": Delivery.FAILED,
}

# What an SMSC may answer to a submit: the number, the name, and what it means for the text.
COMMAND_STATUS = (
    (0x01, "ESME_RINVMSGLEN", ErrorClass.PERMANENT),
    (0x04, "ESME_RINVBNDSTS", ErrorClass.RETRYABLE),
    (0x05, "ESME_RALYBND", ErrorClass.CONFIG),
    (0x08, "ESME_RSYSERR", ErrorClass.RETRYABLE),
    (0x0A, "ESME_RINVSRCADR", ErrorClass.CONFIG),
    (0x0B, "ESME_RINVDSTADR", ErrorClass.PERMANENT),
    (0x0D, "ESME_RBINDFAIL", ErrorClass.CONFIG),
    (0x0E, "ESME_RINVPASWD", ErrorClass.CONFIG),
    (0x0F, "ESME_RINVSYSID", ErrorClass.CONFIG),
    (0x14, "ESME_RMSGQFUL", ErrorClass.THROTTLED),
    (0x15, "ESME_RINVSERTYP", ErrorClass.CONFIG),
    (0x43, "ESME_RINVESMCLASS", ErrorClass.CONFIG),
    (0x45, "ESME_RSUBMITFAIL", ErrorClass.RETRYABLE),
    (0x48, "ESME_RINVSRCTON", ErrorClass.CONFIG),
    (0x49, "ESME_RINVSRCNPI", ErrorClass.CONFIG),
    (0x50, "ESME_RINVDSTTON", ErrorClass.PERMANENT),
    (0x51, "ESME_RINVDSTNPI", ErrorClass.PERMANENT),
    (0x53, "ESME_RINVSYSTYP", ErrorClass.CONFIG),
    (0x58, "ESME_RTHROTTLED", ErrorClass.THROTTLED),
    (0x62, "ESME_RINVEXPIRY", ErrorClass.PERMANENT),
    (0x64, "ESME_RX_T_APPN", ErrorClass.RETRYABLE),
    (0x65, "ESME_RX_P_APPN", ErrorClass.PERMANENT),
    (0x66, "ESME_RX_R_APPN", ErrorClass.PERMANENT),
    (0xFF, "ESME_RUNKNOWNERR", ErrorClass.RETRYABLE),
)
CLASS_OF_NUMBER = {number: kind for number, _, kind in COMMAND_STATUS}
NAME_OF_NUMBER = {number: name for number, name, _ in COMMAND_STATUS}
CLASS_OF_NAME = {name: kind for _, name, kind in COMMAND_STATUS}


def class_of_state(status: Delivery, state: str, error: str) -> ErrorClass | None:
    """The class of a final report with this stat and err; None where the text is not lost."""
    if status not in (Delivery.UNDELIVERED, Delivery.FAILED):
        return None
    return class_of_report(f"{state}:{error}")
