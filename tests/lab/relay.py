#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""relay.py ADDRESS PORT:TO:HOW:SECONDS…: passes bytes from PORT on to TO, and does not let connections live.

HOW is "close": each is closed when it is so old; or "reset": each is reset at a random moment, at that age on average.
What comes back takes a while, so that queries are under way then. Says "ready" when it is, and PORT for each connection
that is made to it.
"""
import asyncio
import contextlib
import random
import socket
import struct
import sys

RESET = struct.pack("ii", 1, 0)
DELAY = 0.02


async def pump(reader, writer, delay):
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            await asyncio.sleep(delay)
            writer.write(data)
            await writer.drain()


class Relay:
    def __init__(self, address, port, to, how, seconds):
        self.address = address
        self.port, self.to = int(port), int(to)
        self.resets = how == "reset"
        self.seconds = float(seconds)

    async def listen(self):
        await asyncio.start_server(self.serve, self.address, self.port)

    async def serve(self, reader, writer):
        print(self.port, flush=True)
        age = random.expovariate(1 / self.seconds) if self.resets else self.seconds
        try:
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(age):
                    await self.relay(reader, writer)
                return
            if self.resets:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        finally:
            writer.transport.abort()

    async def relay(self, reader, writer):
        """Until one end has ended."""
        there, back = await asyncio.open_connection(self.address, self.to)
        pumps = [asyncio.create_task(pump(reader, back, 0)), asyncio.create_task(pump(there, writer, DELAY))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in pumps:
                task.cancel()
            back.transport.abort()


async def main():
    for words in sys.argv[2:]:
        await Relay(sys.argv[1], *words.split(":")).listen()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
