"""What Twilio's statuses and error codes mean, as tables (twilio.com/docs/api/errors)."""

from __future__ import annotations

from bot.gateways.base import Delivery, ErrorClass

STATUS = {
    "accepted": Delivery.QUEUED,
    "scheduled": Delivery.QUEUED,
    "queued": Delivery.QUEUED,
    "sending": Delivery.QUEUED,
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "partially_delivered": Delivery.DELIVERED,
    "read": Delivery.DELIVERED,
    "undelivered": Delivery.UNDELIVERED,
    "failed": Delivery.FAILED,
    "canceled": Delivery.FAILED,
}

CLASS_OF_CODE = {
    "14107": ErrorClass.THROTTLED,  # message rate limit exceeded
    "20429": ErrorClass.THROTTLED,  # too many requests; never processed
    "21611": ErrorClass.THROTTLED,  # the sender's queue is full
    "30001": ErrorClass.THROTTLED,  # queue overflow
    "30022": ErrorClass.THROTTLED,  # the carrier's limit for this campaign
    "30023": ErrorClass.THROTTLED,  # the carrier's daily cap for this brand
    "63038": ErrorClass.THROTTLED,  # the account's daily limit
    "30003": ErrorClass.RETRYABLE,  # the handset is switched off or out of reach
    "30008": ErrorClass.RETRYABLE,  # no reason given
    "30009": ErrorClass.RETRYABLE,  # a segment is missing
    "30017": ErrorClass.RETRYABLE,  # congestion at the carrier
    "30036": ErrorClass.RETRYABLE,  # the validity period is over
    "30410": ErrorClass.RETRYABLE,  # the provider timed out
    "21610": ErrorClass.OPTED_OUT,  # the recipient sent STOP to this sender
    "21211": ErrorClass.DEAD_NUMBER,  # not a phone number
    "21214": ErrorClass.PERMANENT,  # cannot be reached
    "21602": ErrorClass.PERMANENT,  # no text
    "21604": ErrorClass.PERMANENT,  # no recipient
    "21612": ErrorClass.PERMANENT,  # no route from this sender to this number
    "21614": ErrorClass.DEAD_NUMBER,  # not a mobile number
    "21617": ErrorClass.PERMANENT,  # longer than 1,600 characters
    "30004": ErrorClass.PERMANENT,  # blocked; perhaps an opt-out at the carrier: for a person to look at
    "30005": ErrorClass.DEAD_NUMBER,  # unknown handset
    "30006": ErrorClass.PERMANENT,  # landline, or a carrier out of reach: which of them, nobody says
    "30007": ErrorClass.PERMANENT,  # filtered as spam
    "30010": ErrorClass.PERMANENT,  # dearer than the highest price allowed
    "20003": ErrorClass.CONFIG,  # the account or its token is refused
    "20404": ErrorClass.CONFIG,  # the account or service does not exist
    "21212": ErrorClass.CONFIG,  # the sender is not a phone number
    "21408": ErrorClass.CONFIG,  # this country is not enabled
    "21603": ErrorClass.CONFIG,  # no sender
    "21606": ErrorClass.CONFIG,  # the sender is not ours or cannot text
    "21608": ErrorClass.CONFIG,  # a trial account texts verified numbers only
    "21609": ErrorClass.CONFIG,  # the callback address is not valid
    "21703": ErrorClass.CONFIG,  # the messaging service has no sender
    "30002": ErrorClass.CONFIG,  # the account is suspended
    "30018": ErrorClass.CONFIG,  # the sender is not registered
    "30024": ErrorClass.CONFIG,  # the sender is not provisioned at the carrier
    "30032": ErrorClass.CONFIG,  # the toll-free sender is not verified
    "30034": ErrorClass.CONFIG,  # the sender is not registered for A2P 10DLC
}
