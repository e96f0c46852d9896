"""Listening: one app on one address."""

from aiohttp import web


class CannotServe(OSError):
    """The address cannot be had; the text names it and the remedy."""


class HttpServer:
    """Serves an app on a host and port. Start and close once each."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._host, self._port = host, port
        # no access log: paths of acknowledgement links are secrets
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=2.0)

    async def start(self) -> None:
        """Listens. Raises CannotServe."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port, reuse_address=True).start()
        except (OSError, OverflowError) as problem:
            await self._runner.cleanup()
            raise CannotServe(
                f"cannot listen for webhooks on {self._host} port {self._port}: {problem}; "
                "stop what listens there, or give another port"
            ) from None

    @property
    def port(self) -> int:
        """The port that was had; of use when 0 was asked for."""
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Lets requests under way end for a moment, then stops listening."""
        await self._runner.cleanup()
