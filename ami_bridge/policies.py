"""A policy on its way into force: read from the record as a file would be, and refused with everything that is wrong."""

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path

import structlog

from ami_bridge.intents import Refused
from ami_bridge.store_thread import StoreThread
from ami_bridge.watch import check_sources
from config.errors import ConfigErrors
from config.policy import SitePolicy, parse_policy
from store import Store, StoreProblem

log = structlog.get_logger()


async def applied(
    store: Store, thread: StoreThread, digest: str, folder: Path, old: SitePolicy
) -> SitePolicy:
    """The policy with this digest from the record. folder: what its files are relative to.

    In a thread: a long policy takes longer to read than a switch may wait. Raises Refused with every error that it has.
    """
    saved = await thread(store.policy, digest)
    if saved is None:
        raise Refused(f"the store holds no policy {digest[:12]}; apply the file again")
    return await asyncio.to_thread(_checked, saved.text, folder, old)


def _checked(text: str, folder: Path, old: SitePolicy) -> SitePolicy:
    try:
        new = parse_policy(text, "the policy", folder)
        if wrong := check_sources(new):
            raise ConfigErrors(wrong)
    except ConfigErrors as errors:
        raise Refused(str(errors)) from None
    if new.pbx_id != old.pbx_id:
        raise Refused(f"pbx_id stays {old.pbx_id}: it names what callers have left so far")
    return new


async def note_first(
    store: Store, thread: StoreThread, file: Path, policy: SitePolicy, started_at: datetime
) -> None:
    """The record says which policy was in force from this start on. A file that was changed meanwhile is not that one."""
    try:
        text = await asyncio.to_thread(file.read_text, encoding="utf-8")
        if hashlib.sha256(text.encode()).hexdigest() == policy.digest:
            await thread(store.put_policy, policy.digest, text, "start of the bridge", started_at)
    except (OSError, ValueError, StoreProblem) as problem:
        log.warning("the policy is not kept in the record", reason=str(problem))
