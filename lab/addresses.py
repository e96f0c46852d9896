"""Each lab lives in a loopback block of its own, so that every port in it is free and two labs never meet."""

import random
import socket
from dataclasses import dataclass

from lab.errors import LabError

SIP_PORT = 5060
AMI_PORT = 5038
AGI_PORT = 4573
CLAIM_PORT = 61000  # bound as long as the lab lives: says that the block is taken
CARRIERS = ("a", "b")
AGENTS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Who has which address in the block 127.x.y.0/24, given as "127.x.y"."""

    block: str

    @property
    def asterisk(self) -> str:
        return f"{self.block}.1"

    @property
    def control(self) -> str:
        """Where the lab's own control of Asterisk comes from; no cut touches it."""
        return f"{self.block}.9"

    def carrier(self, letter: str) -> str:
        return f"{self.block}.{11 + CARRIERS.index(letter)}"

    def agent(self, number: int) -> str:
        return f"{self.block}.{20 + number}"


def claim_block() -> tuple[Addresses, socket.socket]:
    """A free block, and the socket that keeps it taken until it is closed. Raises LabError when none is free."""
    for _ in range(50):
        addresses = Addresses(f"127.{random.randint(2, 254)}.{random.randint(1, 254)}")
        claim = socket.socket()
        try:
            claim.bind((addresses.control, CLAIM_PORT))
            claim.listen(1)  # two bound sockets may share a port under SO_REUSEADDR, two listeners may not
            _need_free(addresses)
        except OSError:
            claim.close()
            continue
        return addresses, claim
    raise LabError(
        "No loopback address 127.x.y.1 with free ports 5060, 5038 and 4573 was found: end what listens there on all addresses."
    )


def _need_free(addresses: Addresses) -> None:
    for kind, port in (
        (socket.SOCK_DGRAM, SIP_PORT),
        (socket.SOCK_STREAM, AMI_PORT),
        (socket.SOCK_STREAM, AGI_PORT),
    ):
        with socket.socket(type=kind) as probe:
            probe.bind((addresses.asterisk, port))
