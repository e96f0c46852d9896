"""Starts the bridge, or says in one go everything that keeps it from starting (exit code 2)."""

import asyncio
import contextlib
import gc
import signal
import sys
from pathlib import Path

import structlog

from ami_bridge.bridge import Bridge
from ami_bridge.http.doors import CannotServe
from ami_bridge.link import BadAuthority
from ami_bridge.logs import set_up
from ami_bridge.watch import check_sources
from callbacks.spool import Spool, SpoolFailed
from config.errors import ConfigError, ConfigErrors
from config.policy import SitePolicy, load_policy
from config.prompts import check as check_prompts
from config.settings import Settings, load_settings
from ivr.fastagi import CannotListen
from store import Store, StoreAway, StoreProblem
from store.vanished import vanished

log = structlog.get_logger()

CANNOT_START = 2
MOST_PROMPTS_TOLD = 5
PROMPTS_AFTER = 2.0  # seconds; looking at each prompt's file takes a twentieth of a start
# The loop must not wait for the store's thread longer than this when both want the interpreter (the default is 5 ms).
SWITCH_INTERVAL = 0.0005  # seconds


def main() -> int:
    """Runs until SIGTERM or SIGINT; returns the exit code."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        settings = load_settings()
        policy = load_policy(settings.policy_file)
        set_up(settings.log_level)
        if wrong := check_sources(policy):
            raise ConfigErrors(wrong)
        _folders(settings)
        with Store(settings.database_url) as store, Spool(settings.spool_dir) as spool:
            _tell_gone(settings)
            return asyncio.run(_serve(settings, policy, store, spool, _prepared(store)))
    except ConfigErrors as errors:
        return _refuse(str(errors))
    except (StoreProblem, SpoolFailed, BadAuthority) as problem:
        return _refuse(str(problem))


def _folders(settings: Settings) -> None:
    """Makes those that are missing; raises ConfigErrors for all that cannot be made."""
    errors = []
    for name in ("data_dir", "spool_dir", "tier3_dir", "recordings_dir"):
        folder: Path = getattr(settings, name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            remedy = "Create it, or give this user the right to."
            errors.append(
                ConfigError("environment", name, f"{folder} cannot be made: {error.strerror}", remedy)
            )
    if errors:
        raise ConfigErrors(errors)


def _prompts(settings: Settings, policy: SitePolicy) -> None:
    """A missing prompt costs one sentence, not the hotline: told loudly, once the bridge has started."""
    problems = check_prompts(settings.prompts_dir, policy.caller.languages)
    for problem in problems[:MOST_PROMPTS_TOLD]:
        log.error("prompt", problem=str(problem))
    if problems:
        log.error(
            "prompts", wrong=len(problems), remedy="holdfast prompts build, then holdfast prompts check"
        )


async def _prompts_later(settings: Settings, policy: SitePolicy) -> None:
    await asyncio.sleep(PROMPTS_AFTER)
    await asyncio.to_thread(_prompts, settings, policy)


def _tell_gone(settings: Settings) -> None:
    """Callers go before: the bridge begins a new book and says so, rather than not to start."""
    folders = settings.spool_dir, settings.tier3_dir
    if why := vanished(settings.database_url, settings.data_dir, folders):
        log.error("an empty book is begun", reason=why)


def _prepared(store: Store) -> bool:
    """Whether the store's tables are those of this version. A shared store that is away keeps no bridge from its callers: what
    they leave waits in the spool. Raises StoreProblem for one that is there and cannot be used.
    """
    try:
        store.migrate()
        store.ping()
    except StoreAway as problem:
        log.error("the store is away, callers are served without it", reason=str(problem))
        return False
    return True


async def _serve(settings: Settings, policy: SitePolicy, store: Store, spool: Spool, prepared: bool) -> int:
    made = Bridge(settings, policy, store, spool, prepared=prepared)
    # What is there now stays: looking through all modules again and again for garbage costs a switch 15 ms now and then.
    gc.freeze()
    gc.enable()
    prompts = asyncio.create_task(_prompts_later(settings, policy))
    bridge = asyncio.create_task(made.run(), name="bridge")
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, bridge.cancel)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await bridge
    except (CannotListen, CannotServe) as problem:
        return _refuse(str(problem))
    except BaseExceptionGroup as group:
        log.error(
            "a part of the bridge died",
            reason="; ".join(repr(one) for one in group.exceptions),
            exc_info=group,
        )
        return 1
    finally:
        prompts.cancel()
    log.info("stopped")
    return 0


def _refuse(reason: str) -> int:
    print(reason, file=sys.stderr)  # noqa: T201  # before or beside the log: for whoever starts the bridge by hand
    return CANNOT_START
