"""Drops packets on a lab's own addresses, so that a cut looks as in real life: nobody answers, nobody refuses."""

import asyncio
import os
import shutil

from lab.addresses import CARRIERS
from lab.children import dying_with_us
from lab.errors import LabError
from lab.facts import Facts

TARGETS = ("network", "manager", *(f"path-{letter}" for letter in CARRIERS))


class Drops:
    """The packet filter of one lab: a table that the kernel removes when its owner, a child of ours, ends."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._active: set[str] = set()
        self._nft: asyncio.subprocess.Process | None = None

    @property
    def active(self) -> frozenset[str]:
        return frozenset(self._active)

    async def cut(self, target: str) -> None:
        """Begins to drop; raises LabError when this machine does not let us."""
        self._active.add(target)
        try:
            await self._apply()
        except LabError:
            self._active.discard(target)
            raise

    async def restore(self, target: str) -> None:
        """Lets packets through again."""
        if target in self._active:
            self._active.discard(target)
            await self._apply()

    async def close(self) -> None:
        """Removes the table."""
        if self._nft and self._nft.returncode is None:
            self._nft.kill()
            await self._nft.wait()

    async def _apply(self) -> None:
        table = f"inet holdfast-lab-{self._facts.block.replace('.', '-')}"
        rules = [rule for target in sorted(self._active) for rule in _rules(self._facts, target)]
        commands = [f"flush chain {table} in", *(f"add rule {table} in {rule} drop" for rule in rules)]
        if self._nft is None or self._nft.returncode is not None:
            self._nft = await _start_nft()
            # the owner flag makes the kernel remove the table together with this process, however it ends.
            # the input hook, not output: there the sender would be told of the drop
            commands = [
                f"add table {table} {{ flags owner; }}",
                f"add chain {table} in {{ type filter hook input priority 0; }}",
                *commands,
            ]
        try:
            async with asyncio.timeout(5):
                await self._tell([*commands, f"list table {table}"])
        except (LabError, TimeoutError, ConnectionError) as error:
            await self.close()
            raise LabError(
                f"Packets cannot be dropped here ({error!s}): does this kernel have nftables?"
            ) from None

    async def _tell(self, commands: list[str]) -> None:
        nft = self._nft
        if nft is None or nft.stdin is None or nft.stdout is None:
            raise LabError("The packet filter of this lab is not running: cut or restore something first.")
        nft.stdin.write("".join(f"{command}\n" for command in commands).encode())
        await nft.stdin.drain()
        said = []
        while (line := await nft.stdout.readline()) not in (b"", b"}\n"):
            said.append(line.decode(errors="replace").strip())
            if "Error" in said[-1]:
                raise LabError(said[-1])
        if not line:
            raise LabError(f"nft ended: {' '.join(said)[:200]}")


async def _start_nft() -> asyncio.subprocess.Process:
    nft = shutil.which("nft") or shutil.which("nft", path="/usr/sbin:/sbin")
    if os.geteuid() or not nft:
        raise LabError(
            "Dropping packets needs root and the package nftables: install it and run the lab as root."
        )
    return await asyncio.create_subprocess_exec(
        *dying_with_us([nft, "-i"]),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


def _rules(facts: Facts, target: str) -> list[str]:
    """What to drop, as conditions in nftables' language."""
    block, asterisk = facts.addresses, facts.addresses.asterisk
    if target == "manager":
        return [
            f"ip daddr {asterisk} tcp dport {facts.ami_port} ip saddr != {block.control}",
            f"ip saddr {asterisk} tcp sport {facts.ami_port} ip daddr != {block.control}",
        ]
    far = f"{block.agent(1)}-{block.agent(4)}" if target == "network" else block.carrier(target[-1])
    return [f"ip saddr {asterisk} ip daddr {far}", f"ip saddr {far} ip daddr {asterisk}"]
