"""A policy on its way into force: read from the record as a file would be, and refused with everything that is wrong."""

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from ami_bridge.intents import Refused
from ami_bridge.store_thread import StoreThread
from ami_bridge.watch import check_sources
from config.errors import ConfigErrors
from config.policy import SitePolicy, parse_policy
from store import Store, StoreProblem
from store.intents import Intent, IntentState

if TYPE_CHECKING:
    from ami_bridge.assembly import Parts

log = structlog.get_logger()

MOST_INTENTS = 1000  # the newest, among which the last applied policy is looked for


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


def needs_render(old: SitePolicy, new: SitePolicy) -> bool:
    """Whether the dial plan says something that the new policy says otherwise. Pure."""
    return _in_dialplan(old) != _in_dialplan(new)


def _in_dialplan(policy: SitePolicy) -> tuple[object, ...]:
    caller, core = policy.caller, policy.fallback
    return (
        [(scope.name, scope.queue, scope.language) for scope in core.scopes.values()],
        [(trunk.endpoint, trunk.dial) for trunk in core.trunks.values()],
        (policy.languages, policy.timezone, policy.danger, policy.waiting.apology_after, policy.tier2),
        (caller.max_tries, caller.choice_seconds, caller.digit_seconds, caller.ask_matter),
        (caller.own_lines, caller.area_code, caller.premium_prefixes),
        (policy.callbacks.agent_patience, policy.callbacks.shown),
    )


async def other_applied(store: Store, thread: StoreThread, policy: SitePolicy, file: Path) -> str:
    """What people must know when a start goes by another policy than the one that was applied last; "" when it does not."""
    try:
        last = await _last_applied(store, thread, policy.pbx_id)
    except StoreProblem:
        return ""
    if last is None or last.payload.get("digest") == policy.digest:
        return ""
    return (
        f"{last.who} applied another policy at {last.at.isoformat(timespec='seconds')} "
        f"({str(last.payload.get('digest'))[:12]}); this start goes by {file} ({policy.digest[:12]}): "
        "put the one that you want into that file"
    )


async def _last_applied(store: Store, thread: StoreThread, pbx: str) -> Intent | None:
    intents = await thread(store.intents, MOST_INTENTS)
    return next((one for one in intents if _was_applied(one, pbx)), None)


def _was_applied(one: Intent, pbx: str) -> bool:
    """To this Asterisk, or, of an older version, to whichever."""
    meant = one.payload.get("pbx") or pbx
    return one.kind == "policy-apply" and one.state is IntentState.APPLIED and meant == pbx


async def catch_up(parts: "Parts") -> None:
    """A bridge that stood by takes what was applied to its Asterisk since it started; what was in force then, its file said."""
    try:
        last = await _last_applied(parts.store, parts.thread, parts.policy.pbx_id)
        if last is None or last.finished_at is None or last.finished_at < parts.started_at:
            return
        digest = str(last.payload.get("digest"))
        if digest != parts.policy.digest:
            log.warning("policy", said=await parts.apply_policy(digest, last.who))
    except (Refused, StoreProblem) as problem:
        log.error("the policy that was applied last is not in force here", reason=str(problem))


async def note_first(
    store: Store, thread: StoreThread, file: Path, policy: SitePolicy, started_at: datetime
) -> None:
    """The record says which policy was in force from this start on. A file that was changed meanwhile is not that one."""
    if other := await other_applied(store, thread, policy, file):
        log.warning("policy", problem=other)
    try:
        text = await asyncio.to_thread(file.read_text, encoding="utf-8")
        if hashlib.sha256(text.encode()).hexdigest() == policy.digest:
            await thread(store.put_policy, policy.digest, text, "start of the bridge", started_at)
    except (OSError, ValueError, StoreProblem) as problem:
        log.warning("the policy is not kept in the record", reason=str(problem))
