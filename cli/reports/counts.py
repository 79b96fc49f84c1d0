"""How often something happened, in words. Computes nothing."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """`1 iteration`, `3 iterations`."""
    return f"{number} {what}{'s' * (number != 1)}"


def effort(iterations: int, evaluations: int, method: str) -> str:
    """What a search took."""
    return f"{counted(iterations, 'iteration')}, {counted(evaluations, 'evaluation')}; {method}"
