"""What everybody may know about a running lab; kept in its run folder as lab.json (readable by the owner only)."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lab.addresses import AGI_PORT, AMI_PORT, SIP_PORT, Addresses
from lab.errors import LabError

DID = "95598"
QUEUE = "power"
FILE = "lab.json"


@dataclass(frozen=True, slots=True)
class Options:
    """What a lab can be asked to be.

    agent_answers: seconds that an agent's phone rings. agent_talks: seconds after which the agent hangs up; None
    waits for the other side. queue_timeout: seconds that a caller waits in the queue at most. holdfast_conf: folder
    with Holdfast's rendered files; None makes an empty one in the run folder. log_steps: Asterisk logs every step of its dial
    plan, as the lab's own reading of calls needs it; False logs as a site does, for load.
    """

    agent_answers: float = 0.5
    agent_talks: float | None = None
    queue_timeout: int = 120
    holdfast_conf: str | None = None
    log_steps: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """Addresses, ports, folders and secrets of one lab. supervisor is the pid of the process that owns it."""

    run_dir: Path
    supervisor: int
    block: str
    asterisk_version: str
    sipp_version: str
    lab_secret: str
    holdfast_secret: str
    agent_secret: str
    holdfast_conf_dir: Path
    options: Options
    did: str = DID
    queue: str = QUEUE

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.block)

    @property
    def ami_host(self) -> str:
        return self.addresses.asterisk

    @property
    def ami_port(self) -> int:
        return AMI_PORT

    @property
    def sip_port(self) -> int:
        return SIP_PORT

    @property
    def agi_host(self) -> str:
        return self.addresses.asterisk

    @property
    def agi_port(self) -> int:
        return AGI_PORT

    @property
    def tier3_dir(self) -> Path:
        return self.run_dir / "tier3"

    @property
    def prompts_dir(self) -> Path:
        return self.run_dir / "prompts"

    @property
    def socket(self) -> Path:
        return self.run_dir / "verbs"

    def public(self) -> dict[str, str | int]:
        """What programs are told by `up --json`."""
        return {
            "run_dir": str(self.run_dir),
            "asterisk_version": self.asterisk_version,
            "sipp_version": self.sipp_version,
            "ami_host": self.ami_host,
            "ami_port": self.ami_port,
            "holdfast_secret": self.holdfast_secret,
            "agi_host": self.agi_host,
            "agi_port": self.agi_port,
            "sip": f"{self.ami_host}:{self.sip_port}",
            "did": self.did,
            "queue": self.queue,
            "holdfast_conf_dir": str(self.holdfast_conf_dir),
            "tier3_dir": str(self.tier3_dir),
            "prompts_dir": str(self.prompts_dir),
            "supervisor": self.supervisor,
        }


def write(facts: Facts) -> None:
    """Writes lab.json, whole or not at all."""
    target = facts.run_dir / FILE
    new = target.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps(asdict(facts), default=str))
    new.rename(target)


def read(run_dir: Path) -> Facts:
    """The facts of the lab in a run folder. Raises LabError when there is none."""
    try:
        raw = json.loads((run_dir / FILE).read_text())
    except FileNotFoundError:
        raise LabError(f"There is no lab in {run_dir}: start one with `python -m lab up`.") from None
    raw["run_dir"] = Path(raw["run_dir"])
    raw["holdfast_conf_dir"] = Path(raw["holdfast_conf_dir"])
    raw["options"] = Options(**raw["options"])
    return Facts(**raw)
