"""Text messages and calls through Twilio. Its SDK is synchronous, so it runs in threads of ours, with its time-out set."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from requests.exceptions import ConnectionError as Unconnected
from requests.exceptions import ConnectTimeout, RequestException, SSLError
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.twiml.voice_response import Gather, VoiceResponse
from urllib3.exceptions import MaxRetryError, NewConnectionError

from alerts.policy import Way
from alerts.twilio_codes import SPOKEN_IN, of_call, of_message, refused
from alerts.twilio_settings import TwilioSettings
from alerts.values import Fate, Message, Receipt
from alerts.words import not_taken, short, spoken

# The SDK tells every order with its number and text at INFO, which is nothing for a log.
_QUIET = logging.getLogger("holdfast.twilio")
_QUIET.setLevel(logging.WARNING)
LONGEST_TEXT = 1600  # signs that Twilio takes in one message
KEY_SECONDS = 8  # silence after the words before they are said again


class TwilioAccount:
    """The connection that both ways share. Close it at the end."""

    def __init__(self, settings: TwilioSettings) -> None:
        self.settings = settings
        http = TwilioHttpClient(timeout=settings.timeout, logger=_QUIET)
        self._client = Client(settings.account_sid, settings.auth_token, http_client=http)
        self._client.api.base_url = settings.base_url.rstrip("/")
        self._threads = ThreadPoolExecutor(8, "twilio")
        self.orders = self._client.api.v2010.account

    async def order(self, work: Callable[[], Receipt]) -> Receipt:
        """Runs one order; every way in which it can fail becomes a receipt."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _judged, work)

    def address(self, path: str, message: Message) -> str | None:
        """Where Twilio tells us more about this message; None when it cannot reach us."""
        if not self.settings.public_url or not message.token:
            return None
        return f"{self.settings.public_url.rstrip('/')}/twilio/{path}?m={quote(message.token)}"

    def close(self) -> None:
        """Lets go of the threads; an order under way ends by its time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        session = self._client.http_client.session
        if session is not None:
            session.close()


class TwilioSms:
    """The way SMS."""

    way = Way.SMS

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account

    async def send(self, message: Message) -> Receipt:
        """One text message; SENT when Twilio has taken it."""
        return await self._account.order(lambda: self._send(message))

    def _send(self, message: Message) -> Receipt:
        sender = self._account.settings.sender
        by_service = sender.startswith("MG")
        made = self._account.orders.messages.create(
            to=message.address,
            body=short(message.words, LONGEST_TEXT),
            messaging_service_sid=sender if by_service else None,  # None is left out of the form
            from_=None if by_service else sender,  # None is left out of the form
            status_callback=self._account.address("status", message),  # None is left out of the form
        )
        said = of_message(str(made.status), made.error_code, made.sid or "")
        return said or Receipt(Fate.SENT, f"status {made.status}", provider_id=made.sid or "")


class TwilioVoice:
    """The way VOICE."""

    way = Way.VOICE

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account

    async def send(self, message: Message) -> Receipt:
        """One call; SENT when Twilio has taken it. How it ends comes to ``/twilio/status``, a key to ``/twilio/voice``."""
        return await self._account.order(lambda: self._send(message))

    def _send(self, message: Message) -> Receipt:
        settings = self._account.settings
        status = self._account.address("status", message)
        made = self._account.orders.calls.create(
            to=message.address,
            from_=settings.caller,
            twiml=twiml_for(message, self._account.address("voice", message)),
            timeout=settings.ring,
            status_callback=status,  # None is left out of the form
            status_callback_event=["completed"] if status else None,  # None is left out of the form
        )
        said = of_call(str(made.status), None, made.sid or "")
        return said or Receipt(Fate.SENT, f"status {made.status}", provider_id=made.sid or "")


def twiml_for(message: Message, action: str | None) -> str:
    """Says the words, twice; takes 1 where Twilio can tell us of it. The text travels with the order, so a call speaks even
    when our own web server is what has failed.
    """
    response = VoiceResponse()
    language = SPOKEN_IN.get(message.language, "en-GB")
    words = spoken_words(message.words)
    for _ in range(2):
        if action is None:
            response.say(words, language=language)
            response.pause(length=1)
            continue
        gather = Gather(input="dtmf", num_digits=1, timeout=KEY_SECONDS, action=action, method="POST")
        gather.say(spoken(words, message.language), language=language)
        response.append(gather)
    if action is not None:
        response.say(not_taken(message.language), language=language)
    return str(response)


def spoken_words(words: str) -> str:
    """Without the link, which nobody can click on while listening."""
    return short(" ".join(word for word in words.split(" ") if "://" not in word), 1000)


def _judged(work: Callable[[], Receipt]) -> Receipt:
    try:
        return work()
    except TwilioRestException as error:
        return refused(error.status, error.code, error.msg)
    except (ConnectTimeout, SSLError) as error:
        return _never_left(error)
    except Unconnected as error:
        return _never_left(error) if _nobody_there(error) else _may_have_left(error)
    except (RequestException, TwilioException) as error:
        return _may_have_left(error)


def _nobody_there(error: Unconnected) -> bool:
    """Refused, no route, no such name: not a byte of the order left."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _never_left(error: Exception) -> Receipt:
    return Receipt(Fate.FAILED, f"Twilio cannot be reached ({type(error).__name__})", untouched=True)


def _may_have_left(error: Exception) -> Receipt:
    return Receipt(Fate.UNKNOWN, f"no answer from Twilio ({type(error).__name__})")
