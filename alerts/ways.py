"""The ways that a site has, built from plain values by whoever composes the bridge."""

from alerts.apprise_way import AppriseNote
from alerts.call_way import Caller, OwnCall
from alerts.policy import Way
from alerts.ports import Sender
from alerts.twilio_way import TwilioAccount, TwilioSettings, TwilioSms, TwilioVoice


class Ways:
    """senders: way → sender, for ``Alerts``. A way that is not set up is not in it: the next one follows at once.

    twilio: None: neither SMS nor voice; calls need a number, so a messaging service alone gives no voice. caller: None: no
    calls of our own. Close it at the end.
    """

    def __init__(self, twilio: TwilioSettings | None, caller: Caller | None) -> None:
        self._note = AppriseNote()
        self._account = TwilioAccount(twilio) if twilio else None
        self.senders: dict[Way, Sender] = {Way.NOTE: self._note}
        if caller is not None:
            self.senders[Way.CALL] = OwnCall(caller)
        if self._account is not None and twilio is not None:
            self.senders[Way.SMS] = TwilioSms(self._account)
            if twilio.caller:
                self.senders[Way.VOICE] = TwilioVoice(self._account)

    def close(self) -> None:
        """Lets go of threads and connections."""
        self._note.close()
        if self._account is not None:
            self._account.close()
