"""The lab's own way to ask its Asterisk something: one short manager connection per question.

Holdfast's link is a thing of its own; nothing here is used by it.
"""

import socket
from collections.abc import Mapping
from io import BufferedRWPair

from lab.errors import LabError
from lab.facts import Facts

Reply = dict[str, str]
TIMEOUT = 10.0  # seconds


def ask(facts: Facts, headers: Mapping[str, str]) -> Reply:
    """Sends one action and returns its reply; lines of a Command's output are joined under "Output".

    Raises LabError when Asterisk does not answer or refuses the login; an action's own Error is a reply.
    """
    if any("\n" in text or "\r" in text for pair in headers.items() for text in pair):
        raise LabError("A manager header may not hold a line break: it would be a second action.")
    try:
        with socket.create_connection(
            (facts.ami_host, facts.ami_port), TIMEOUT, source_address=(facts.addresses.control, 0)
        ) as connection:
            stream = connection.makefile("rwb")
            stream.readline()
            login = {"Action": "Login", "Username": "lab", "Secret": facts.lab_secret}
            if _exchange(stream, login).get("Response") != "Success":
                raise LabError(
                    "Asterisk refused the lab's own manager account: look at manager.conf in its folder."
                )
            return _exchange(stream, headers)
    except OSError as error:
        raise LabError(f"Asterisk's manager port does not answer ({error}): is Asterisk cut?") from None


def command(facts: Facts, line: str) -> str:
    """What Asterisk's command line says to `line`. Raises LabError when Asterisk does not answer."""
    return ask(facts, {"Action": "Command", "Command": line}).get("Output", "")


def _exchange(stream: BufferedRWPair, headers: Mapping[str, str]) -> Reply:
    stream.write("".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"ActionID: lab\r\n\r\n")
    stream.flush()
    while True:
        message = _read(stream)
        if message.get("ActionID") == "lab" and "Response" in message:
            return message


def _read(stream: BufferedRWPair) -> Reply:
    message: Reply = {}
    while (line := stream.readline()) != b"\r\n":
        if not line:
            raise OSError("the connection was closed")
        name, _, value = line.decode(errors="replace").rstrip("\r\n").partition(": ")
        message[name] = f"{message[name]}\n{value}" if name in message else value
    return message
