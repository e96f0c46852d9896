"""Which fault reports are about the same fault in one place (requirement C3). Pure.

Reports of one region of a scope within ``group_within`` of each other count as one fault. A key is of one window of that length;
a fault that began late in a window goes on in the next, so whoever looks for a fault asks for the window before as well.
"""

from callbacks.policy import CallbackPolicy
from callbacks.values import Asks, Capture, Matter


def fault_key(capture: Capture, policy: CallbackPolicy) -> str:
    """The key of the fault that a capture reports; "" for what is no fault report, or says no region: one wire down and
    another across the country are not one fault.
    """
    is_report = capture.matter is Matter.FAULT and capture.asks is Asks.CALL
    if not is_report or not capture.region or policy.group_within <= 0:
        return ""
    window = int(capture.at.timestamp() // policy.group_within)
    return f"{capture.scope}/{capture.region}/{window}"


def keys_near(fault: str) -> tuple[str, ...]:
    """The key and that of the window before it, in which the same fault may have begun; none for ""."""
    place, _, window = fault.rpartition("/")
    return (fault, f"{place}/{int(window) - 1}") if place and window.isdigit() else ()
