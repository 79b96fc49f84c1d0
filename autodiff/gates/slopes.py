"""Derivatives that need a form of their own to keep their digits where the textbook's form loses them: what they share.

Each is declared beside its gate. None is a function of the language; a reader sees the `textbook` form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprop.autodiff.declaration.gate import Attribute, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.declaration.notation import Postfix
from backprop.autodiff.lazy_numpy import np


def slope(name: str, forward: Callable[..., Any], *gradients: Any, of: str, **declaration: Any) -> Elementwise:
    """The declaration of the derivative of the gate `of`."""
    return Elementwise(
        name,
        forward,
        *gradients,
        summary=f"the derivative of {of}",
        habit=f"scales the gradient by the second derivative of {of}",
        is_public=False,
        **declaration,
    )


ANY = 1.7976931348623157e308

EXPONENTIAL = 1000.0  # exp(-1000) is 0 in doubles, and so are products of it with powers of 1000

held: Elementwise = Elementwise(
    "held",
    lambda x, bound: np.minimum(np.maximum(x, -bound), bound),
    lambda x, out: 1,
    attributes={"bound": Attribute(float, ANY)},
    notation=Postfix(""),
    textbook=lambda x, bound: x,
    is_composed=True,
    summary="x as the factor of what vanishes faster than x grows: beyond the bound the product is 0, not inf*0",
    habit="passes the gradient on",
    source="the limit of the product",
    samples=(at(2.0), at(-1e300)),
    is_public=False,
)
