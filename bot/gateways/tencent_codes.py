"""What Tencent Cloud's SMS error codes mean: a code by its full name first, else by the family before its dot."""

from __future__ import annotations

from bot.gateways.base import ErrorClass

CLASS_OF_CODE = {
    # On a blacklist: mostly people who refused texts.
    "FailedOperation.PhoneNumberInBlacklist": ErrorClass.OPTED_OUT,
    # Only outside the hours in which marketing may go out.
    "FailedOperation.MarketingSendTimeConstraint": ErrorClass.THROTTLED,
    # The number or the words.
    "FailedOperation.PhoneNumberParseFail": ErrorClass.DEAD_NUMBER,
    "FailedOperation.ContainSensitiveWord": ErrorClass.PERMANENT,
    "InvalidParameterValue.IncorrectPhoneNumber": ErrorClass.DEAD_NUMBER,
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": ErrorClass.PERMANENT,
    "InvalidParameterValue.ContentLengthLimit": ErrorClass.PERMANENT,
    "InvalidParameterValue.TemplateParameterLengthLimit": ErrorClass.PERMANENT,
    # Our account, its balance, signature or template.
    "LimitExceeded.AppDailyLimit": ErrorClass.CONFIG,
    "LimitExceeded.AppMainlandChinaDailyLimit": ErrorClass.CONFIG,
    "LimitExceeded.AppGlobalDailyLimit": ErrorClass.CONFIG,
    "FailedOperation.InsufficientBalanceInSmsPackage": ErrorClass.CONFIG,
    "FailedOperation.SignatureIncorrectOrUnapproved": ErrorClass.CONFIG,
    "FailedOperation.TemplateIncorrectOrUnapproved": ErrorClass.CONFIG,
    "FailedOperation.MissingTemplateToModify": ErrorClass.CONFIG,
    "FailedOperation.MissingSignature": ErrorClass.CONFIG,
    "InvalidParameterValue.SdkAppIdNotExist": ErrorClass.CONFIG,
    "InvalidParameterValue.TemplateParameterFormatError": ErrorClass.CONFIG,
}

CLASS_OF_FAMILY = {
    "AuthFailure": ErrorClass.CONFIG,
    "UnauthorizedOperation": ErrorClass.CONFIG,
    "RequestLimitExceeded": ErrorClass.THROTTLED,
    "LimitExceeded": ErrorClass.THROTTLED,
    "UnsupportedOperation": ErrorClass.PERMANENT,
    # It failed inside Tencent Cloud, after or before the text left.
    "InternalError": ErrorClass.UNKNOWN,
}

WAIT_SECONDS = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": 30.0,
    "LimitExceeded.PhoneNumberOneHourLimit": 3600.0,
    "LimitExceeded.PhoneNumberDailyLimit": 86_400.0,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": 86_400.0,
}


def class_of_code(code: str) -> ErrorClass | None:
    """The class of an API code; None for one that neither table knows."""
    return CLASS_OF_CODE.get(code) or CLASS_OF_FAMILY.get(code.partition(".")[0])
