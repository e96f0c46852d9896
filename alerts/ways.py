"""The ways that a site has, built from plain values by whoever composes the bridge."""

from typing import TYPE_CHECKING

from alerts.apprise_way import AppriseNote
from alerts.call_way import Caller, OwnCall
from alerts.policy import AlertPolicy, Way
from alerts.ports import Sender
from alerts.twilio_settings import TwilioSettings

if TYPE_CHECKING:
    from alerts.twilio_way import TwilioAccount


class Ways:
    """senders: way → sender, for ``Alerts``. A way that is not set up is not in it: the next one follows at once.

    twilio: None: neither SMS nor voice; calls need a number, so a messaging service alone gives no voice. caller: None: no
    calls of our own. Close it at the end.
    """

    def __init__(self, twilio: TwilioSettings | None, caller: Caller | None) -> None:
        self._note = AppriseNote()
        self._account: TwilioAccount | None = None
        self.senders: dict[Way, Sender] = {Way.NOTE: self._note}
        if caller is not None:
            self.senders[Way.CALL] = OwnCall(caller)
        if twilio is not None:
            self._account = self._twilio(twilio)

    def _twilio(self, settings: TwilioSettings) -> "TwilioAccount":
        from alerts.twilio_way import (  # its SDK is a third of a second of a start
            TwilioAccount,
            TwilioSms,
            TwilioVoice,
        )

        account = TwilioAccount(settings)
        self.senders[Way.SMS] = TwilioSms(account)
        if settings.caller:
            self.senders[Way.VOICE] = TwilioVoice(account)
        return account

    def warm(self, policy: AlertPolicy) -> None:
        """Load what this roster will need, before somebody must be told."""
        if any(reach.way is Way.NOTE for person in policy.people.values() for reach in person.reaches):
            self._note.warm()

    def close(self) -> None:
        """Lets go of threads and connections."""
        self._note.close()
        if self._account is not None:
            self._account.close()
