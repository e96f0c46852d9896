"""Chat, mail and whatever else Apprise knows. It is synchronous, so it runs in threads of ours."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from alerts.policy import Way
from alerts.values import Fate, Message, Receipt


class AppriseNote:
    """The way NOTE. address: an Apprise URL. timeout: seconds, below the policy's ``send_timeout``. Close it at the end."""

    way = Way.NOTE

    def __init__(self, timeout: float = 7.0) -> None:
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(8, "apprise")

    def warm(self) -> None:
        """Its first use loads every service that it knows, which takes seconds: not when somebody must be told, and not in the
        start of a site that uses none.
        """
        self._threads.submit(_loaded)

    async def send(self, message: Message) -> Receipt:
        """SENT when the service has taken it. Apprise does not tell why one has not, so another try of it is not certain to
        be harmless; nothing is told twice on the strength of that.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout):
                return await loop.run_in_executor(self._threads, self._send, message)
        except TimeoutError:
            return Receipt(Fate.UNKNOWN, f"the service has not answered within {self._timeout:g} s")

    def _send(self, message: Message) -> Receipt:
        module = _loaded()
        asset = module.AppriseAsset(app_id="Holdfast", app_desc="Holdfast", app_url="")
        apprise = module.Apprise(asset=asset)
        if not apprise.add(message.address):
            return Receipt(
                Fate.FAILED, "the address is no Apprise URL; mend it in the roster", permanent=True
            )
        done = apprise.notify(
            body=message.words,
            title=f"Holdfast {message.reference}",
            notify_type=module.NotifyType.WARNING,
            body_format=module.NotifyFormat.TEXT,
        )
        return (
            Receipt(Fate.SENT)
            if done
            else Receipt(Fate.FAILED, f"{message.address.split(':')[0]}: not taken")
        )

    def close(self) -> None:
        """Lets go of the threads; what is under way ends by Apprise's own time-outs."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@cache
def _loaded() -> Any:
    import apprise  # here, because it is a third of a second of every start

    apprise.Apprise.instantiate("json://localhost")
    return apprise
