"""A link with a long round trip: a proxy that holds every chunk back for half of it, each way."""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def slow_link(port: int, round_trip: float) -> Iterator[int]:
    """The port of a proxy, in a process of its own, to a local port; ``round_trip`` in seconds."""
    context = multiprocessing.get_context("spawn")
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(64)
        opened: int = door.getsockname()[1]
        process = context.Process(target=_serve, args=(door, port, round_trip / 2), daemon=True)
        process.start()
        try:
            yield opened
        finally:
            process.terminate()
            process.join()


def _serve(door: socket.socket, port: int, delay: float) -> None:
    asyncio.run(_proxy(door, port, delay))


async def _proxy(door: socket.socket, port: int, delay: float) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pass(reader, there[1], delay), _pass(there[0], writer, delay))

    server = await asyncio.start_server(meet, sock=door)
    await server.serve_forever()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Chunks arrive ``delay`` after they came, in order, however many are on their way."""
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def write() -> None:
        while True:
            at, chunk = await waiting.get()
            await asyncio.sleep(max(at - loop.time(), 0))
            if not chunk:
                writer.close()
                return
            writer.write(chunk)
            await writer.drain()

    task = asyncio.create_task(write())
    chunk: Any = b"."
    while chunk:
        try:
            chunk = await reader.read(65536)
        except ConnectionError:
            chunk = b""
        waiting.put_nowait((loop.time() + delay, chunk))
    await asyncio.gather(task, return_exceptions=True)
