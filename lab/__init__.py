"""A real Asterisk in a folder, with carriers, phones and callers made of SIPp.

    with Lab.start() as lab:
        lab.call(caller_id="13800000001").result()

`python -m lab` offers the same on the command line; docs/how-to/lab.md tells how.
"""

from lab.errors import LabError
from lab.facts import Facts
from lab.lab import Lab
from lab.ledger import AgentCall, CarrierCall
from lab.results import CallHandle, CallResult

__all__ = ["AgentCall", "CallHandle", "CallResult", "CarrierCall", "Facts", "Lab", "LabError"]
