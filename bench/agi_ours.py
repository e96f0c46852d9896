"""Our FastAGI server alone, with nothing to keep: what an AGI exchange costs us. Prints its port first."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from ivr.fastagi import FastAgiServer
from ivr.policy import CallerPolicy
from ivr.values import Left


async def serve(prompts: Path) -> None:
    """Serves until the process is ended."""

    async def keep(left: Left) -> None:
        return None

    server = FastAgiServer(CallerPolicy(), keep, lambda: datetime.now(UTC), prompts)
    await server.start("127.0.0.1", 0)
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
