"""What Twilio's statuses and error codes mean for us, in one place. Pure.

Twilio advises against logic that rests on codes alone, because they change: a code that is not listed is judged by the HTTP
status that came with it.
"""

import re

from alerts.values import Fate, Receipt

SPOKEN_IN = {"zh-CN": "zh-CN", "en": "en-GB"}
"""Our languages as Twilio's voices know them."""

# The same message to the same number by this account will be refused again.
PERMANENT = frozenset(
    {
        13223, 13224, 13225, 13226, 13227,  # voice: number not valid, not reachable, not permitted
        20003, 20005, 20403, 20404,  # account: credentials, suspended, not permitted, not there
        21210, 21212, 21213, 21603, 21606, 21660,  # the number we send from
        21201, 21211, 21214, 21216, 21217, 21219, 21604, 21614, 21623, 21635,  # the number we send to
        21215, 21408, 21612,  # this country, or this pair of numbers, is not enabled
        21602, 21617, 21619,  # the text
        21610,  # the person has opted out
        30002, 30004, 30005, 30006, 30007, 30034,  # told later: suspended, blocked, no such handset, landline, filtered
    }
)  # fmt: skip

# Twilio asks us to wait, and has not taken the message.
NOT_TAKEN = frozenset({20429, 14107, 21611, 30001})

_NUMBER = re.compile(r"\+?\d{6,}")
_MESSAGE = {
    "accepted": Fate.SENT,
    "scheduled": Fate.SENT,
    "queued": Fate.SENT,
    "sending": Fate.SENT,
    "sent": Fate.SENT,
    "delivered": Fate.DELIVERED,
    "read": Fate.DELIVERED,
    "undelivered": Fate.FAILED,
    "failed": Fate.FAILED,
    "canceled": Fate.FAILED,
}
_CALL = {
    "queued": Fate.SENT,
    "initiated": Fate.SENT,
    "ringing": Fate.SENT,
    "in-progress": Fate.SENT,
    "completed": Fate.DELIVERED,  # somebody, or a voicemail, answered; only a pressed 1 confirms
    "busy": Fate.FAILED,
    "no-answer": Fate.FAILED,
    "failed": Fate.FAILED,
    "canceled": Fate.FAILED,
}


def of_message(status: str, code: int | None = None, sid: str = "") -> Receipt | None:
    """What the status of a text message says; None for a status that we do not know."""
    return _receipt(_MESSAGE.get(status), status, code, sid)


def of_call(status: str, code: int | None = None, sid: str = "") -> Receipt | None:
    """What the status of a call says; None for a status that we do not know."""
    return _receipt(_CALL.get(status), status, code, sid)


def refused(status: int, code: int | None, text: str) -> Receipt:
    """An error answer to an order. status: HTTP; code: Twilio's own, if any.

    429 and 503 were not taken, so nothing can have left; of any other 5xx nobody knows, which the next way answers.
    """
    detail = f"Twilio {code or f'HTTP {status}'}: {_NUMBER.sub(_masked, text)}"
    if status in (429, 503) or code in NOT_TAKEN:
        return Receipt(Fate.FAILED, detail, untouched=True)
    return Receipt(Fate.FAILED, detail, permanent=code in PERMANENT or 400 <= status < 500)


def _masked(number: re.Match[str]) -> str:
    """What Twilio quotes goes into log and record, where numbers are masked."""
    return f"…{number[0][-2:]}"


def _receipt(fate: Fate | None, status: str, code: int | None, sid: str) -> Receipt | None:
    if fate is None:
        return None
    if fate is not Fate.FAILED:
        return Receipt(fate, provider_id=sid)
    detail = f"Twilio {code}: {status}" if code else f"Twilio: {status}"
    return Receipt(fate, detail, permanent=code in PERMANENT, provider_id=sid)
