"""What Vonage's statuses and codes mean, as tables: of reports, of their err-code, and of answers to a send."""

from __future__ import annotations

from bot.gateways.base import Delivery, ErrorClass

STATUS = {
    "accepted": Delivery.SENT,
    "buffered": Delivery.SENT,
    "unknown": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "expired": Delivery.UNDELIVERED,
    "failed": Delivery.FAILED,
    "rejected": Delivery.FAILED,
}

CLASS_OF_REPORT = {
    "1": ErrorClass.RETRYABLE,  # no reason given
    "2": ErrorClass.RETRYABLE,  # absent for now
    "3": ErrorClass.DEAD_NUMBER,  # absent for good
    "4": ErrorClass.PERMANENT,  # barred by the user
    "5": ErrorClass.PERMANENT,  # the number was ported
    "6": ErrorClass.PERMANENT,  # blocked as spam
    "7": ErrorClass.RETRYABLE,  # the handset is busy
    "8": ErrorClass.RETRYABLE,  # the network's error
    "9": ErrorClass.OPTED_OUT,  # asked not to be texted
    "10": ErrorClass.PERMANENT,  # the message is not valid
    "11": ErrorClass.PERMANENT,  # no route
    "12": ErrorClass.PERMANENT,  # out of reach
    "13": ErrorClass.PERMANENT,  # a child's number
    "14": ErrorClass.PERMANENT,  # blocked by the carrier
    "15": ErrorClass.PERMANENT,  # prepaid without credit
    "50": ErrorClass.CONFIG,  # 50 to 54: the sender or the registration lacks something the country asks for
    "51": ErrorClass.CONFIG,
    "52": ErrorClass.CONFIG,
    "53": ErrorClass.CONFIG,
    "54": ErrorClass.CONFIG,
    "99": ErrorClass.RETRYABLE,  # some other reason
}

CLASS_OF_ANSWER = {
    "1": ErrorClass.THROTTLED,  # faster than the account may
    "2": ErrorClass.CONFIG,  # a parameter is missing
    "3": ErrorClass.PERMANENT,  # a parameter is not valid
    "4": ErrorClass.CONFIG,  # the key or its secret
    "5": ErrorClass.RETRYABLE,  # Vonage's own error
    "6": ErrorClass.PERMANENT,  # not routable
    "7": ErrorClass.PERMANENT,  # the number is barred
    "8": ErrorClass.CONFIG,  # the account is barred
    "9": ErrorClass.CONFIG,  # out of credit
    "10": ErrorClass.CONFIG,  # too many connections
    "11": ErrorClass.CONFIG,  # not enabled for this API
    "12": ErrorClass.PERMANENT,  # too long
    "14": ErrorClass.CONFIG,  # the signature
    "15": ErrorClass.CONFIG,  # the sender
    "22": ErrorClass.CONFIG,  # the network code
    "23": ErrorClass.CONFIG,  # the callback's address
    "29": ErrorClass.CONFIG,  # not on the list of a trial account
    "32": ErrorClass.CONFIG,  # signed and unsigned at once
    "33": ErrorClass.PERMANENT,  # the number is switched off
}
