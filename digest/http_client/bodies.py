"""Bodies read within bounds, and proved to be whole.

No HTTP client checks that a compressed body ended where its stream says it ends: a gzip cut inside correct
framing is accepted by all of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import requests

from digest.http_client.answers import Bounds, FetchError

CHUNK = 65_536
GZIP = 16 + zlib.MAX_WBITS


def body_of(response: requests.Response, bounds: Bounds) -> bytes:
    """The whole body. Raises ``FetchError`` for one that is too large, damaged or cut short."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    wire = _bounded(response.raw.stream(CHUNK, decode_content=False), bounds.wire_bytes)
    if encoding in {"", "identity"}:
        return b"".join(wire)
    if encoding not in {"gzip", "x-gzip"}:
        raise FetchError(f"the answer is compressed in a way nobody asked for: {encoding[:20]!r}")
    return _decompressed(wire, bounds.body_bytes)


def _bounded(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > most:
            raise FetchError(f"the answer is larger than {most} bytes", transient=False)
        yield chunk


def _decompressed(chunks: Iterator[bytes], most: int) -> bytes:
    """The body of gzip members, one after another and nothing else (RFC 1952, 2.2), the last one whole.

    Each member that ends proves itself by its checksum and length.
    """
    member = zlib.decompressobj(GZIP)
    parts: list[bytes] = []
    size = 0
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting:
                if member.eof:
                    member = zlib.decompressobj(GZIP)
                part = member.decompress(waiting, CHUNK)
                size += len(part)
                if size > most:
                    raise FetchError(f"the answer unpacks to more than {most} bytes", transient=False)
                parts.append(part)
                waiting = member.unconsumed_tail or member.unused_data
    except zlib.error as error:
        raise FetchError("the answer's compression is damaged") from error
    if not member.eof:
        raise FetchError("the answer is cut short: its compressed stream has no end")
    return b"".join(parts)
