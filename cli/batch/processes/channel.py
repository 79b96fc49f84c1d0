"""A connection between the program and one of its workers: messages, and open files."""

from __future__ import annotations

import contextlib
import pickle
import select
import socket
import struct
from typing import Any

LENGTH = struct.Struct("!Q")


class Channel:
    """One end. Raises EOFError where the other end is gone."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def fileno(self) -> int:
        return self._end.fileno()

    def send(self, message: object) -> None:
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        try:
            self._end.sendall(LENGTH.pack(len(data)) + data)
        except OSError:
            raise EOFError from None

    def receive(self) -> Any:
        (length,) = LENGTH.unpack(self._read(LENGTH.size))
        return pickle.loads(self._read(length))

    def send_descriptor(self, descriptor: int) -> None:
        try:
            socket.send_fds(self._end, [b"."], [descriptor])
        except OSError:
            raise EOFError from None

    def receive_descriptor(self) -> int:
        _, descriptors, _, _ = socket.recv_fds(self._end, 1, 1)
        if not descriptors:
            raise EOFError
        return descriptors[0]

    def is_ready(self) -> bool:
        """Whether there is a message to receive, or the other end is gone."""
        return bool(select.select([self._end], [], [], 0)[0])

    def close(self) -> None:
        self._end.close()

    def close_after_other(self) -> None:
        """Close it as soon as the other end is gone; what still comes is dropped."""
        with contextlib.suppress(OSError):
            while self._end.recv(1 << 16):
                pass
        self._end.close()

    def _read(self, length: int) -> bytearray:
        data = bytearray(length)
        view = memoryview(data)
        while view:
            try:
                count = self._end.recv_into(view)
            except OSError:
                raise EOFError from None
            if not count:
                raise EOFError
            view = view[count:]
        return data


def connected() -> tuple[Channel, Channel]:
    """The two ends of a new channel."""
    one, other = socket.socketpair()
    return Channel(one), Channel(other)
