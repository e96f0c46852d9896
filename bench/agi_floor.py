"""The floor for an AGI exchange: a bare asyncio server that sends a command and reads a line, and nothing else."""

import asyncio
import sys


async def serve(exchanges: int) -> None:
    """Serves until cancelled; prints its port first. Each connection: header, ``exchanges`` commands, close."""

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.readline()).strip():
            pass
        for _ in range(exchanges):
            writer.write(b'SET VARIABLE "X" "1"\n')
            await writer.drain()
            await reader.readline()
        writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
