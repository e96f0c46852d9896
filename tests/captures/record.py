"""Records what a real Asterisk says to the holdfast account: ``python tests/captures/record.py 22`` (and ``16``).

Names of single functions after the version record only their scenes again.

Run from the root of the repository. Needs what the lab needs. Writes tests/captures/asterisk-<version>/*.ami: the
bytes that the manager port sent, unchanged. Nothing that we send is kept, so no secret is.
"""

import asyncio
import contextlib
import re
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from config.manager_account import render_manager_account
from lab import Lab
from lab.errors import LabError
from lab.facts import Options

HERE = Path(__file__).parent
CONTEXTS = """
[holdfast]
exten => enter,1,Set(CALLERID(name)=张三丰)
 same => n,Return()

[holdfast-queue]
exten => _att.,1,Set(QUEUE_PRIO=-1)
 same => n,Queue(power,,,,60)
 same => n,Hangup()

[holdfast-dial]
exten => _att.,1,Dial(${HF_DIAL},6,S(${HF_TALK}))
 same => n,Hangup()
"""

REGISTRATION = """
[carrier-b]
type = registration
transport = udp
server_uri = sip:{registrar}
client_uri = sip:hotline@{registrar}
retry_interval = 2
expiration = 13
"""


class Registrar(asyncio.DatagramProtocol):
    """A carrier's registrar: answers REGISTER as it is told. SIPp's carriers know calls only."""

    def __init__(self) -> None:
        self.answer = "200 OK"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """As asyncio: one REGISTER, one answer."""
        lines = data.decode().split("\r\n")
        if not lines[0].startswith("REGISTER"):
            return
        kept = [line for line in lines if line.startswith(("Via:", "From:", "Call-ID:", "CSeq:", "Contact:"))]
        to = next(line for line in lines if line.startswith("To:")) + ";tag=registrar"
        reply = [f"SIP/2.0 {self.answer}", *kept, to, "Expires: 13", "Content-Length: 0", "", ""]
        self._transport.sendto("\r\n".join(reply).encode(), addr)  # type: ignore[attr-defined]  # a datagram's


class Tap:
    """A manager session of the holdfast account whose received bytes are kept."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._heard = bytearray()
        self._saved = 0

    async def open(self, username: str = "holdfast", secret: str | None = None) -> "Tap":
        """Log in and stay."""
        reader, self._writer = await asyncio.open_connection(self._lab.ami_host, self._lab.ami_port)
        self._task = asyncio.create_task(self._listen(reader))
        self.act("Login", Username=username, Secret=secret or self._lab.holdfast_secret, Events="on")
        await asyncio.sleep(0.5)
        return self

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                self._heard += data

    def act(self, name: str, about: str = "", **headers: str | tuple[str, ...]) -> None:
        """Send an action whose ActionID says what it is, so that a replay finds the answer."""
        identity = f"{name}:{about}" if about else name
        lines: dict[str, str | tuple[str, ...]] = {"Action": name, "ActionID": identity, **headers}
        several = [(key, (value,) if isinstance(value, str) else value) for key, value in lines.items()]
        text = "".join(f"{key}: {value}\r\n" for key, values in several for value in values)
        self._writer.write(text.encode() + b"\r\n")

    def forget(self) -> None:
        """Begin the next scene here."""
        self._saved = len(self._heard)

    def save(self, folder: Path, scene: str) -> None:
        """Write the scene that ends here."""
        (folder / f"{scene}.ami").write_bytes(bytes(self._heard[self._saved :]))
        self.forget()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
        self._task.cancel()


def originate(tap: Tap, attempt: str, number: str, agent: str = "", timeout: int = 30, talk: int = 2) -> None:
    """One outgoing call in the shape that the bridge uses: through the queue, or from an agent's own phone."""
    tap.act(
        "Originate",
        attempt,
        Channel=agent or f"Local/{attempt}@holdfast-queue/n",
        OtherChannelId=() if agent else f"hf-{attempt}-2",
        Variable=(f"HF_DIAL=PJSIP/{number}@carrier-b", f"HF_TALK={talk}"),
        ChannelId=f"hf-{attempt}",
        Context="holdfast-dial",
        Exten=attempt,
        Priority="1",
        Async="true",
        Timeout=str(timeout * 1000),
        CallerID=number,
    )


async def blocking(function: object, *arguments: object, **named: object) -> None:
    """The lab's verbs wait; the tap must not."""
    await asyncio.to_thread(function, *arguments, **named)  # type: ignore[arg-type]  # any verb


async def watching(lab: Lab, folder: Path) -> None:
    """Login, contacts, agents: scenes without calls, with all four agents there."""
    tap = await Tap(lab).open()
    tap.save(folder, "login")
    refused = await Tap(lab).open(secret="wrong")
    await asyncio.sleep(1.5)
    refused.save(folder, "refused")
    refused.close()
    await blocking(lab.cut, "carrier-a")
    await blocking(lab.wait_reachable, "carrier-a", False)
    await blocking(lab.restore, "carrier-a")
    await asyncio.sleep(1)
    tap.save(folder, "contacts")
    await blocking(lab.cut, "agent-1")
    await blocking(lab.wait_reachable, "agent-1", False)
    await blocking(lab.restore, "agent-1")
    await asyncio.sleep(3)
    member = {"Queue": "power", "Interface": "PJSIP/agent-1"}
    await blocking(lab.action, Action="QueuePause", Paused="true", Reason="午休", **member)
    await blocking(lab.action, Action="QueuePause", Paused="false", **member)
    guest = {"Queue": "power", "Interface": "PJSIP/agent-9"}
    await blocking(lab.action, Action="QueueAdd", MemberName="agent-9", **guest)
    await blocking(lab.action, Action="QueueRemove", **guest)
    await asyncio.sleep(0.5)
    tap.save(folder, "agents")
    tap.close()


async def registering(lab: Lab, folder: Path) -> None:
    """An outbound registration that is refused for a while, and then finds nobody."""
    address = f"{lab.ami_host.rpartition('.')[0]}.200"
    door = socket.socket(type=socket.SOCK_DGRAM)
    door.bind((address, 5060))
    transport, registrar = await asyncio.get_running_loop().create_datagram_endpoint(Registrar, sock=door)
    tap = await Tap(lab).open()
    tap.forget()
    tap.act("PJSIPShowRegistrationsOutbound", "none")
    (lab.holdfast_conf_dir / "pjsip_registration.conf").write_text(REGISTRATION.format(registrar=address))
    await blocking(lab.reload)
    await blocking(lab.cli, "module reload res_pjsip_outbound_registration.so")
    tap.act("PJSIPShowRegistrationsOutbound", "not-yet")
    await asyncio.sleep(12)  # Asterisk waits for a random time before the first one
    tap.act("PJSIPShowRegistrationsOutbound", "stands")
    await asyncio.sleep(0.5)
    tap.save(folder, "registrations")
    for answer in ("503 Service Unavailable", "200 OK"):
        registrar.answer = answer
        await asyncio.sleep(8)
    transport.close()
    await asyncio.sleep(42)  # until it is due again, and the 32 s that Asterisk waits for an answer
    tap.save(folder, "registry")
    (lab.holdfast_conf_dir / "pjsip_registration.conf").unlink()
    await blocking(lab.reload)
    tap.close()


async def failing(lab: Lab, folder: Path) -> None:
    """Calls that somebody dials out on a trunk without Holdfast: answered, busy, no answer, congested, rejected."""
    tap = await Tap(lab).open()
    tap.forget()
    for ending in "14567":
        await blocking(
            lab.action,
            Action="Originate",
            Channel=f"PJSIP/1390000000{ending}@carrier-b",
            Application="Wait",
            Data="1",
            Timeout="3000",
            Async="true",
        )
        await asyncio.sleep(4)
    tap.save(folder, "outgoing")
    tap.close()


async def leave_agent_1(lab: Lab) -> None:
    """One agent only, so that it is always the same."""
    for number in (2, 3, 4):
        await blocking(lab.cut, f"agent-{number}")
        await blocking(lab.wait_reachable, f"agent-{number}", False)


async def calling(lab: Lab, folder: Path) -> None:
    """Calls through the queue and back, and what has to be told of them."""
    await leave_agent_1(lab)
    tap, everything = await Tap(lab).open(), await Tap(lab).open("everything", "everything")
    tap.forget()
    everything.forget()
    await blocking(lambda: lab.call("13900000001", carrier="b", hangup_after=2).result())
    await asyncio.sleep(1)
    tap.save(folder, "inbound")
    everything.save(folder, "inbound-unfiltered")
    everything.close()
    for attempt, ending, scene in (
        ("att1", "1", "callback-answered"),
        ("att2", "4", "callback-busy"),
        ("att3", "5", "callback-no-answer"),
    ):
        await asyncio.sleep(2)
        tap.forget()
        originate(tap, attempt, f"1390000000{ending}")
        await asyncio.sleep(10 if ending == "5" else 6)
        tap.save(folder, scene)
    originate(tap, "att5", "13900000001", agent="PJSIP/agent-1")
    await asyncio.sleep(5)
    tap.save(folder, "claim")
    originate(tap, "att6", "13900000001", agent="PJSIP/nope")
    await asyncio.sleep(1)
    tap.save(folder, "originate-failed")
    await picture(lab, tap, folder)
    with contextlib.suppress(LabError):
        await blocking(lab.cli, "core stop now")
    await asyncio.sleep(2)
    tap.save(folder, "shutdown")


async def picture(lab: Lab, tap: Tap, folder: Path) -> None:
    """A snapshot: carrier-a down, a callback that talks, callers who wait; and single replies."""
    await blocking(lab.cut, "carrier-a")
    await blocking(lab.wait_reachable, "carrier-a", False)
    originate(tap, "att7", "13900000003", talk=60)  # a voicemail's greeting talks longest
    await asyncio.sleep(2.5)
    for caller in ("13900000011", "13900000012"):
        lab.call(caller, carrier="b", give_up_after=10)
        await asyncio.sleep(0.7)
    tap.forget()
    for endpoint in ("carrier-a", "carrier-b", "nope"):
        tap.act("PJSIPShowEndpoint", endpoint, Endpoint=endpoint)
    for queue in ("power", "nope"):
        tap.act("QueueStatus", queue, Queue=queue)
    tap.act("CoreShowChannels")
    tap.act("PJSIPShowRegistrationsOutbound")
    tap.act("CoreStatus")
    tap.act("Getvar", "STRFTIME(,,%Y-%m-%d %H:%M:%S)", Variable="STRFTIME(,,%Y-%m-%d %H:%M:%S)")
    await asyncio.sleep(1)
    tap.save(folder, "snapshot")
    for channel in ("hf-att7", "hf-att7-2"):
        await blocking(lab.action, Action="Hangup", Channel=channel)
    await asyncio.sleep(12)
    tap.forget()
    tap.act("Ping")
    tap.act("Nope")
    tap.act("Command", Command="core show version")
    tap.act("PJSIPShowContacts")
    tap.act("DBGet", "missing", Family="holdfast", Key="missing")
    tap.act("DBPut", Family="holdfast", Key="beat", Val="1")
    await asyncio.sleep(0.2)
    tap.act("DBGet", "beat", Family="holdfast", Key="beat")
    await asyncio.sleep(0.2)
    tap.act("DBDel", Family="holdfast", Key="beat")
    tap.act("Getvar", "EPOCH", Variable="EPOCH")
    lamp = "DEVICE_STATE(Custom:holdfast-power)"
    tap.act("Setvar", Variable=lamp, Value="INUSE")
    await asyncio.sleep(0.2)
    tap.act("Getvar", "lamp", Variable=lamp)
    await asyncio.sleep(0.5)
    tap.save(folder, "actions")


async def ringing_in_vain(lab: Lab, folder: Path) -> None:
    """An agent who lets it ring: a caller who gives up, a callback that nobody takes."""
    await leave_agent_1(lab)
    tap = await Tap(lab).open()
    tap.forget()
    await blocking(lambda: lab.call("13900000002", carrier="b", give_up_after=2).result())
    await asyncio.sleep(1)
    tap.save(folder, "abandon")
    originate(tap, "att4", "13900000006", timeout=17)
    await asyncio.sleep(20)
    tap.save(folder, "callback-no-agent")
    tap.close()


def prepare(lab: Lab) -> Path:
    """Account and contexts into the lab; the folder of its version."""
    account = render_manager_account("holdfast", lab.holdfast_secret, endpoints=("carrier-a", "carrier-b"))
    everything = "[everything]\nsecret = everything\nread = all\nwrite =\n"
    (lab.holdfast_conf_dir / "manager_holdfast.conf").write_text(account + everything)
    (lab.holdfast_conf_dir / "extensions_holdfast.conf").write_text(CONTEXTS)
    lab.reload()
    version = re.search(r"\d+\.\d+(\.[1-9]\d*)?", lab.asterisk_version)
    if version is None:
        raise SystemExit(f"no version in {lab.asterisk_version!r}")
    folder = HERE / f"asterisk-{version.group()}"
    folder.mkdir(exist_ok=True)
    return folder


def main(version: str, *only: str) -> None:
    """Two labs, one after the other: agents who answer, and agents who do not. only: names of some functions above."""
    with Lab.start(version) as lab:
        folder = prepare(lab)
        for scenes in (watching, registering, failing, calling):
            if not only or scenes.__name__ in only:
                asyncio.run(scenes(lab, folder))
    if only and "ringing_in_vain" not in only:
        return
    with Lab.start(version, options=Options(agent_answers=60.0)) as lab:
        asyncio.run(ringing_in_vain(lab, prepare(lab)))


if __name__ == "__main__":
    main(*sys.argv[1:])
