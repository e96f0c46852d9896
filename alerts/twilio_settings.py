"""An account at Twilio, as values: known without its SDK, which no site without an account should wait for."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TwilioSettings:
    """One account. sender: number in E.164, or the sid of a messaging service (MG…) for text messages; caller: number that
    calls come from, "" for no calls; public_url: where Twilio reaches us, "" nowhere (then no status comes and no key).

    timeout: seconds for one order, below the policy's ``send_timeout``. ring: seconds. base_url: of the API.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    caller: str
    public_url: str = ""
    base_url: str = "https://api.twilio.com"
    timeout: float = 7.0
    ring: int = 30
