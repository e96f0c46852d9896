"""Where a call can be, and what can come back there."""

from enum import StrEnum


class Stage(StrEnum):
    """Where a call is."""

    CHOICE = "choice"  # called back on this number or on another one, or more
    KEYING = "keying"  # a number
    ADMITTING = "admitting"  # may it be called within the limits
    CONFIRM = "confirm"  # read back
    MEETING = "meeting"  # is there an open promise already for the number that he is to be called on
    MATTER = "matter"
    REGION = "region"
    MESSAGE = "message"  # record one?
    RECORDING = "recording"
    SPOOLING = "spooling"  # what he left becomes durable
    TOLD = "told"  # he has the promise and hears its reference
    MORE = "more"
    OUTAGES = "outages"  # of which region
    LOOKING = "looking"  # is there an open promise for his own number
    REFERENCE = "reference"  # of the open promise
    CHECKING = "checking"  # is it the right one
    PROMISE = "promise"  # leave it, change it or cancel it
    UNDO = "undo"  # a cancel may be taken back
    REQUESTING = "requesting"  # what he asks of the book becomes durable
    ENDED = "ended"


class Answer(StrEnum):
    """What an input means in its stage."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    LANGUAGE = "9"
    PERSON = "0"
    DANGER = "danger key"
    REPEAT = "*"
    NUMBER = "number"
    REFUSED = "refused"
    MATTER = "matter"
    REGION = "region"
    DIGITS = "six digits"
    SILENCE = "silence"
    WRONG = "wrong"
    ADMITTED = "admitted"
    OVER = "over a limit"
    RECORDED = "recorded"
    NOTHING = "nothing"
    OPEN = "open"
    CANCELLED = "cancelled"
    NONE = "none"
    AWAY = "away"
    KEPT = "kept"
    NOT_KEPT = "not kept"


class Purpose(StrEnum):
    """What a number is keyed for."""

    CALL = "call"  # to be called on it
    NOTICE = "notice"  # to be told on it when it is over
    CHANGE = "change"  # to be called on it instead of the number of an open promise
    WHOSE = "whose"  # it is the number of an open promise
