"""What the server and a decoder child say to each other over their socket pair.

Server: a length-prefixed JSON head (what to do: decode, inspect or page; the limits; the file's length), then
the file. Instead of the file a descriptor of it may come with the head: a 200-page PDF is not sent 200 times.
Child: the byte READY once it can work; per request the byte TAKEN once it has the whole file, then a
length-prefixed JSON head, and after it the rows of pixels, if there are any.

The pixels go through the socket, not through shared memory: measured on 4200 x 4200 (53 MB) the socket takes
14 ms, most of it while the child still converts, against 45 ms for a fresh memfd, whose pages the kernel
clears one by one; and a child taken over by a file cannot change or cut short what was read.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import struct
import time
from dataclasses import dataclass
from io import BufferedReader
from typing import Any

from readstone.intake.judged_page import FileBytes

READY = b"R"
TAKEN = b"T"

_LENGTH = struct.Struct("!I")
_MAX_HEAD = 1 << 16  # some thousand page numbers
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is asked: `job` is decode, inspect or page; the limits are in `head`."""

    job: str
    head: dict[str, Any]
    data: FileBytes


class HungUpError(Exception):
    """The other side is gone, or talks nonsense."""


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends with room for a band of pixels, where the system allows that much."""
    pair = socket.socketpair()
    for end in pair:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    return pair


def packed(head: dict[str, Any]) -> bytes:
    """A head ready to be sent, its length before it."""
    text = json.dumps(head).encode()
    return _LENGTH.pack(len(text)) + text


def receive_into(line: socket.socket, room: memoryview, until: float) -> None:
    """Fill `room` (bytes) by the time `until` of time.monotonic. Raises HungUpError, TimeoutError, OSError."""
    filled = 0
    while filled < len(room):
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        line.settimeout(left)
        got = line.recv_into(room[filled:])
        if not got:
            raise HungUpError
        filled += got


def receive(line: socket.socket, size: int, until: float) -> bytearray:
    """The next `size` bytes. Raises HungUpError, TimeoutError, OSError."""
    data = bytearray(size)
    receive_into(line, memoryview(data), until)
    return data


def send_request(line: socket.socket, head: dict[str, Any], data: bytes | int) -> None:
    """Send a request with its file, bytes or the descriptor of an open one. Raises OSError."""
    if isinstance(data, int):
        socket.send_fds(line, [packed(head | {"bytes": None})], [data])
        return
    line.sendall(packed(head | {"bytes": len(data)}))
    line.sendall(data)


def read_request(line: socket.socket, stream: BufferedReader) -> Request:
    """The next request of `line`, whose `stream` is read by nobody else. Raises HungUpError, OSError."""
    # A descriptor comes with a request's first bytes and is lost to an ordinary read. The stream holds
    # none of them: a server sends nothing before it has its answer.
    length, descriptors, _, _ = socket.recv_fds(line, _LENGTH.size, 1)
    if not length:
        raise HungUpError
    length += read(stream, _LENGTH.size - len(length))
    head = _parsed(read(stream, _checked(length)))
    try:
        size, job = head["bytes"], str(head["do"])
        data = read(stream, size) if size is not None else _mapped(descriptors[0])
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return Request(job, head, data)


def _mapped(descriptor: int) -> FileBytes:
    """The file as it lies in the system's cache. Copy-on-write, since pdfium's binding wants writable memory."""
    if os.fstat(descriptor).st_size == 0:
        return b""
    return mmap.mmap(descriptor, 0, access=mmap.ACCESS_COPY)


def receive_head(line: socket.socket, until: float) -> dict[str, Any]:
    """The next head. Raises HungUpError, TimeoutError, OSError."""
    return _parsed(receive(line, _checked(receive(line, _LENGTH.size, until)), until))


def read(stream: BufferedReader, size: int) -> bytes:
    """The next `size` bytes, without a second copy. Raises HungUpError at the end of the stream, OSError."""
    data = stream.read(size)
    if len(data) < size:
        raise HungUpError
    return data


def read_head(stream: BufferedReader) -> dict[str, Any]:
    """The next head. Raises HungUpError, OSError."""
    return _parsed(read(stream, _checked(read(stream, _LENGTH.size))))


def _checked(length: bytes | bytearray) -> int:
    (size,) = _LENGTH.unpack(length)
    if size > _MAX_HEAD:
        raise HungUpError
    return int(size)


def _parsed(text: bytes | bytearray) -> dict[str, Any]:
    try:
        head = json.loads(text)
    except ValueError as fault:
        raise HungUpError from fault
    if not isinstance(head, dict):
        raise HungUpError
    return head
