"""Bessel functions of whole order: J, Y, I and K."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprop.autodiff import shapes
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Corner, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import slopes
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.numerics import bessel
from backprop.autodiff.numerics.routines import bessel as routines
from backprop.autodiff.numerics.routines import of_numbers

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

ORDER = {"n": Attribute(shapes.as_order, REQUIRED, leads=True)}


def first(x: Node, n: int) -> Node:
    return jn(x, n=n) if n > 1 else j1(x) if n else j0(x)


def first_slope(x: Node, n: int) -> Node:
    return (first(x, n - 1) - first(x, n + 1)) / 2 if n else -j1(x)


def second(x: Node, n: int) -> Node:
    return yn(x, n=n) if n > 1 else y1(x) if n else y0(x)


def second_slope(x: Node, n: int) -> Node:
    return yn_slope(x, n=n) if n else -y1(x)


def second_curvature(x: Node, n: int, slope: Node) -> Node:
    """The second derivative by Bessel's equation, whose terms are of one sign near 0 where the neighbours overflow."""
    return (n**2 / x**2 - 1) * second(x, n) - slope / x


def modified_first(x: Node, n: int) -> Node:
    return iv(x, n=n) if n > 1 else i1(x) if n else i0(x)


def modified_first_slope(x: Node, n: int) -> Node:
    return (modified_first(x, n - 1) + modified_first(x, n + 1)) / 2 if n else i1(x)


def modified_second(x: Node, n: int) -> Node:
    return kn(x, n=n) if n > 1 else k1(x) if n else k0(x)


def modified_second_slope(x: Node, n: int) -> Node:
    return -((modified_second(x, n - 1) + modified_second(x, n + 1)) / 2) if n else -k1(x)


j0: Elementwise = Elementwise(
    "j0",
    of_numbers(routines.j0, lambda x: bessel.jn(0, x)),
    lambda x, out: first_slope(x, 0),
    routine=routines.j0,
    code={"latex": r"\operatorname{J}_0"},
    summary="the Bessel function of the first kind, of order 0",
    source="DLMF 10.6.2 and 10.6.1",
    samples=(at(0.5), at(2.5), at(17.3), at(60.0)),
    corners=(Corner((0.0,), 1.0, (0.0,)),),
)
j1: Elementwise = Elementwise(
    "j1",
    of_numbers(routines.j1, lambda x: bessel.jn(1, x)),
    lambda x, out: first_slope(x, 1),
    routine=routines.j1,
    code={"latex": r"\operatorname{J}_1"},
    summary="the Bessel function of the first kind, of order 1",
    source="DLMF 10.6.2 and 10.6.1",
    samples=(at(0.5), at(2.5), at(17.3), at(60.0)),
)
jn: Elementwise = Elementwise(
    "jn",
    of_numbers(routines.jn, lambda x, n: bessel.jn(n, x)),
    lambda x, out: first_slope(x, out.settings["n"]),
    routine=routines.jn,
    attributes=ORDER,
    aliases=("jv",),
    code={"latex": r"\operatorname{J}_{<n>}\left({0}\right)"},
    summary="the Bessel function of the first kind, of whole order n: jn(n, x) or jn(x, n=2)",
    habit="scales the gradient by half the difference of the neighbouring orders",
    source="DLMF 10.6.2 and 10.6.1",
    samples=(at(0.5, n=2), at(17.3, n=2), at(2.5, n=5), at(60.0, n=3)),
)
yn_slope: Elementwise = slopes.slope(
    "yn_slope",
    of_numbers(routines.yn_slope, lambda x, n: bessel.yn_slope(n, x)),
    lambda x, out: second_curvature(x, out.settings["n"], out),
    routine=routines.yn_slope,
    of="yn",
    attributes=ORDER,
    textbook=lambda x, n: (second(x, n - 1) - second(x, n + 1)) / 2,
    source="DLMF 10.6.1; Bessel's equation, DLMF 10.2.1",
    samples=(at(0.5, n=1), at(17.3, n=2), at(2.5, n=5)),
)
y0: Elementwise = Elementwise(
    "y0",
    of_numbers(routines.y0, lambda x: bessel.yn(0, x)),
    lambda x, out: second_slope(x, 0),
    routine=routines.y0,
    code={"latex": r"\operatorname{Y}_0"},
    summary="the Bessel function of the second kind, of order 0",
    source="DLMF 10.6.2 and 10.6.1",
    samples=(at(0.5), at(2.5), at(17.3), at(60.0)),
    corners=(Corner((0.0,), -np.inf, (np.inf,)),),
)
y1: Elementwise = Elementwise(
    "y1",
    of_numbers(routines.y1, lambda x: bessel.yn(1, x)),
    lambda x, out: second_slope(x, 1),
    routine=routines.y1,
    code={"latex": r"\operatorname{Y}_1"},
    summary="the Bessel function of the second kind, of order 1",
    source="DLMF 10.6.2 and 10.6.1",
    samples=(at(0.5), at(2.5), at(17.3), at(60.0)),
)
yn: Elementwise = Elementwise(
    "yn",
    of_numbers(routines.yn, lambda x, n: bessel.yn(n, x)),
    lambda x, out: second_slope(x, out.settings["n"]),
    routine=routines.yn,
    attributes=ORDER,
    aliases=("yv",),
    code={"latex": r"\operatorname{Y}_{<n>}\left({0}\right)"},
    summary="the Bessel function of the second kind, of whole order n: yn(n, x) or yn(x, n=2)",
    habit="scales the gradient by half the difference of the neighbouring orders",
    source="DLMF 10.6.2 and 10.6.1",
    samples=(at(0.5, n=2), at(17.3, n=2), at(2.5, n=5), at(60.0, n=3)),
)
i0: Elementwise = Elementwise(
    "i0",
    of_numbers(routines.i0, lambda x: bessel.iv(0, x)),
    lambda x, out: modified_first_slope(x, 0),
    routine=routines.i0,
    code={"latex": r"\operatorname{I}_0"},
    summary="the modified Bessel function of the first kind, of order 0",
    source="DLMF 10.29.1 and 10.29.3",
    samples=(at(0.5), at(2.5), at(17.3), at(60.0)),
    corners=(Corner((0.0,), 1.0, (0.0,)),),
)
i1: Elementwise = Elementwise(
    "i1",
    of_numbers(routines.i1, lambda x: bessel.iv(1, x)),
    lambda x, out: modified_first_slope(x, 1),
    routine=routines.i1,
    code={"latex": r"\operatorname{I}_1"},
    summary="the modified Bessel function of the first kind, of order 1",
    source="DLMF 10.29.1 and 10.29.3",
    samples=(at(0.5), at(2.5), at(17.3), at(60.0)),
)
iv: Elementwise = Elementwise(
    "iv",
    of_numbers(routines.iv, lambda x, n: bessel.iv(n, x)),
    lambda x, out: modified_first_slope(x, out.settings["n"]),
    routine=routines.iv,
    attributes=ORDER,
    code={"latex": r"\operatorname{I}_{<n>}\left({0}\right)"},
    summary="the modified Bessel function of the first kind, of whole order n: iv(n, x) or iv(x, n=2)",
    habit="scales the gradient by half the sum of the neighbouring orders",
    source="DLMF 10.29.1 and 10.29.3",
    samples=(at(0.5, n=2), at(17.3, n=2), at(2.5, n=5), at(60.0, n=3)),
)
k0: Elementwise = Elementwise(
    "k0",
    of_numbers(routines.k0, lambda x: bessel.kn(0, x)),
    lambda x, out: modified_second_slope(x, 0),
    routine=routines.k0,
    code={"latex": r"\operatorname{K}_0"},
    summary="the modified Bessel function of the second kind, of order 0",
    source="DLMF 10.29.1 and 10.29.3",
    samples=(at(0.5), at(2.5), at(17.3), at(60.0)),
    corners=(Corner((0.0,), np.inf, (-np.inf,)),),
)
k1: Elementwise = Elementwise(
    "k1",
    of_numbers(routines.k1, lambda x: bessel.kn(1, x)),
    lambda x, out: modified_second_slope(x, 1),
    routine=routines.k1,
    code={"latex": r"\operatorname{K}_1"},
    summary="the modified Bessel function of the second kind, of order 1",
    source="DLMF 10.29.1 and 10.29.3",
    samples=(at(0.5), at(2.5), at(17.3), at(60.0)),
)
kn: Elementwise = Elementwise(
    "kn",
    of_numbers(routines.kn, lambda x, n: bessel.kn(n, x)),
    lambda x, out: modified_second_slope(x, out.settings["n"]),
    routine=routines.kn,
    attributes=ORDER,
    aliases=("kv",),
    code={"latex": r"\operatorname{K}_{<n>}\left({0}\right)"},
    summary="the modified Bessel function of the second kind, of whole order n: kn(n, x) or kn(x, n=2)",
    habit="scales the gradient by half the sum of the neighbouring orders",
    source="DLMF 10.29.1 and 10.29.3",
    samples=(at(0.5, n=2), at(17.3, n=2), at(2.5, n=5), at(60.0, n=3)),
)
