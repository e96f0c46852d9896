"""Answering at a door: one app behind all its sockets."""

import asyncio

from aiohttp import web

from ami_bridge.http.doors import Door


class HttpServer:
    """Serves an app at a door, which is opened when it is not yet open. Start and close once each."""

    def __init__(self, app: web.Application, door: Door) -> None:
        self._door = door
        # no access log: paths of acknowledgement links are secrets
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2.0)

    async def start(self) -> None:
        """Answers. Raises CannotServe."""
        if not self._door.sockets:
            await asyncio.to_thread(self._door.open)
        try:
            await self._runner.setup()
            for one in self._door.sockets:
                await web.SockSite(self._runner, one).start()
        except BaseException:
            await self.close()
            raise

    @property
    def port(self) -> int:
        """The port that was had; of use when 0 was asked for."""
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Lets requests under way end for a moment, then stops listening."""
        await self._runner.cleanup()
        self._door.close()
