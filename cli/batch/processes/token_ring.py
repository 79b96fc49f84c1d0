"""Whose turn it is to write: a token that goes round the workers, in the order in which blocks are handed out."""

from __future__ import annotations

import os

from backprop.autodiff.named_tuple import NamedTuple


class Token(NamedTuple):
    """A worker's ends of two pipes: a byte in the first one is the token, in the second one it is the next worker's."""

    receives: int
    sends: int

    def acquire(self) -> None:
        """Wait until it comes, and have it."""
        os.read(self.receives, 1)

    def pass_on(self) -> None:
        os.write(self.sends, b".")

    def close(self) -> None:
        os.close(self.receives)
        os.close(self.sends)


def token_ring(count: int) -> list[Token]:
    """The ends of so many workers; the first one has the token."""
    pipes = [os.pipe() for _ in range(count)]
    tokens = [Token(receives, sends) for (receives, _), (_, sends) in zip(pipes, [*pipes[1:], pipes[0]], strict=True)]
    tokens[-1].pass_on()
    return tokens
