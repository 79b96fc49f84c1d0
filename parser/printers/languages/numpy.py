"""NumPy's spellings and frame for the straight-line code of code.py: scalars and arrays."""

from __future__ import annotations

import keyword
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.notation import TERNARY, Template
from backprop.autodiff.shapes import Slice
from backprop.parser.printers import code, language, translation
from backprop.parser.printers.expression import item, nested
from backprop.parser.printers.language import GeneratedFunction, Language
from backprop.parser.printers.languages import numpy_matrices
from backprop.parser.printers.languages.python import framed, helper

HELPERS = {
    **numpy_matrices.HELPERS,
    "_entrywise": """def _entrywise(function, *operands):
    return np.vectorize(function, otypes=[float])(*operands)[()]""",
    "_erf": """def _erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)[()]""",
    "_erfc": """def _erfc(x):
    return np.vectorize(math.erfc, otypes=[float])(x)[()]""",
    "_pow": """def _pow(x, y):
    return np.where((y == 0.5) & ((x == -np.inf) | (x == 0.0)), np.abs(x), np.power(x, y))[()]""",
    "_places": """def _places(label, length):
    label = np.asarray(label)
    is_there = (label == np.floor(label)) & (label >= -length) & (label < length)
    return np.where(is_there, label, 0).astype(np.intp), np.where(is_there, 1.0, np.nan)""",
    "_along": """def _along(x, label, axis):
    return np.expand_dims(label, axis) if label.ndim == np.ndim(x) - 1 else np.reshape(label, (1,) * np.ndim(x))""",
    "_entry": """def _entry(x, label, axis):
    places, factor = _places(label, np.shape(x)[axis])
    return (np.take_along_axis(x, _along(x, places, axis), axis).squeeze(axis) * factor)[()]""",
    "_placed": """def _placed(x, label, axis, length):
    places, factor = _places(label, length)
    axis = axis % (np.ndim(x) + 1)
    result = np.zeros((*np.shape(x)[:axis], length, *np.shape(x)[axis:]))
    np.put_along_axis(result, _along(result, places, axis), np.expand_dims(x, axis), axis)
    return result * _along(result, factor, axis)""",
    "_scatter": """def _scatter(x, index, shape):
    result = np.zeros(shape)
    result[index] = x
    return result""",
    "_sum_to": """def _sum_to(x, shape):
    lead = np.ndim(x) - len(shape)
    repeated = [lead + place for place, length in enumerate(shape) if length == 1]
    return np.reshape(np.sum(x, axis=(*range(lead), *repeated)), shape)[()]""",
    "_cumsum": """def _cumsum(x, axis):
    return np.reshape(np.cumsum(x, axis=axis), np.shape(x))[()]""",
    "_sort": """def _sort(x, axis):
    return np.sort(x, axis=axis) if np.ndim(x) else x""",
    "_sort_or_nan": """def _sort_or_nan(x, axis):
    return np.where(np.isnan(x).any(axis=axis, keepdims=True), np.nan, np.sort(x, axis=axis))""",
    "_shared": """def _shared(values, ordered):
    is_first = np.ones(values.shape, dtype=bool)
    is_first[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    starts = np.flatnonzero(is_first)
    counts = np.diff(starts, append=values.size)
    return np.repeat(np.add.reduceat(values.ravel(), starts) / counts, counts).reshape(values.shape)""",
    "_sort_by": """def _sort_by(x, key, axis):
    if not np.size(x) or not np.ndim(x):
        return x
    x, key = np.moveaxis(x, axis, -1), np.moveaxis(key, axis, -1)
    places = np.argsort(key, axis=-1, kind="stable")
    result = _shared(np.take_along_axis(x, places, -1), np.take_along_axis(key, places, -1))
    return np.moveaxis(result, -1, axis)""",
    "_unsort_by": """def _unsort_by(x, key, axis):
    if not np.size(x) or not np.ndim(x):
        return x
    x, key = np.moveaxis(x, axis, -1), np.moveaxis(key, axis, -1)
    places = np.argsort(key, axis=-1, kind="stable")
    result = np.empty(key.shape)
    np.put_along_axis(result, places, _shared(x, np.take_along_axis(key, places, -1)), -1)
    return np.moveaxis(result, -1, axis)""",
    "_ranks": """def _ranks(x, axis):
    if not np.ndim(x):
        return 0.0 * x
    places = np.arange(float(np.shape(x)[axis])).reshape(-1, *[1] * (np.ndim(x) - 1 - axis % np.ndim(x)))
    return _unsort_by(np.broadcast_to(places, np.shape(x)), x, axis)""",
    "_norm": """def _norm(x, axis):
    exponent = np.frexp(np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0))[1]
    root = np.sqrt(np.sum(np.square(np.ldexp(x, -exponent)), axis=axis, keepdims=True))
    return np.squeeze(np.ldexp(root, exponent), axis=axis)[()]""",
    "_apart_from_first": """def _apart_from_first(x, axis):
    count = np.ndim(x)
    axes = range(count) if axis is None else np.atleast_1d(axis) % max(count, 1)
    first = tuple(slice(0, 1) if place in axes else slice(None) for place in range(count))
    return x - (x[first] if count else x)""",
    "_deviations": """def _deviations(x, axis):
    apart = _apart_from_first(x, axis)
    apart = apart - np.mean(apart, axis=axis, keepdims=True)
    return (apart - np.mean(apart, axis=axis, keepdims=True))[()]""",
    "_scaled_var": """def _scaled_var(x, axis):
    exponent = np.frexp(np.max(np.abs(x), axis=axis, keepdims=True))[1]
    apart = _apart_from_first(np.ldexp(x, -exponent), axis)
    apart = apart - np.mean(apart, axis=axis, keepdims=True)
    return np.mean(np.square(apart), axis=axis, keepdims=True), exponent""",
    "_var": """def _var(x, axis):
    scaled, exponent = _scaled_var(x, axis)
    return np.squeeze(np.ldexp(scaled, 2 * exponent), axis=axis)[()]""",
    "_std": """def _std(x, axis):
    scaled, exponent = _scaled_var(x, axis)
    return np.squeeze(np.ldexp(np.sqrt(scaled), exponent), axis=axis)[()]""",
    "_exp_of_difference": """def _exp_of_difference(a, b):
    total = a - b
    rounded = total - a
    error = (a - (total - rounded)) - (b + rounded)
    return np.exp(total) * (1.0 + np.where(np.isfinite(error), error, 0.0))""",
    "_largest_and_others": """def _largest_and_others(x, axis):
    largest = np.max(x, axis=axis, keepdims=True)
    is_largest = x == largest
    weights = np.where(is_largest, 0.0, _exp_of_difference(x, np.where(np.isfinite(largest), largest, 0.0)))
    ties = np.sum(is_largest, axis=axis, keepdims=True) - 1.0
    return largest, np.log1p(ties + np.sum(weights, axis=axis, keepdims=True))""",
    "_logsumexp": """def _logsumexp(x, axis):
    largest, others = _largest_and_others(x, axis)
    return np.squeeze(largest + others, axis=axis)[()]""",
    "_log_softmax": """def _log_softmax(x, axis):
    x, is_unknown = _as_far_below(x, axis)
    largest, others = _largest_and_others(x, axis)
    return np.where(is_unknown, np.nan, (x - largest) - others)[()]""",
    "_apart": """def _apart(direction, x, axis):
    is_largest = x == np.max(x, axis=axis, keepdims=True)
    along = direction + np.zeros(np.shape(x))
    count = np.sum(is_largest, axis=axis, keepdims=True)
    apart = along - np.sum(np.where(is_largest, along, 0.0), axis=axis, keepdims=True) / count
    shares = _softmax(x, axis)
    return apart - np.sum(apart * shares, axis=axis, keepdims=True), shares""",
    "_softmax_differential": """def _softmax_differential(direction, x, axis):
    apart, shares = _apart(direction, x, axis)
    return (shares * apart)[()]""",
    "_log_softmax_differential": """def _log_softmax_differential(direction, x, axis):
    return _apart(direction, x, axis)[0][()]""",
    "_log_softmax_transpose": """def _log_softmax_transpose(upstream, x, axis):
    shares = _softmax(x, axis)
    is_largest = x == np.max(x, axis=axis, keepdims=True)
    is_alone = is_largest & (np.sum(is_largest, axis=axis, keepdims=True) == 1)
    rest = np.sum(np.where(is_largest, 0.0, shares), axis=axis, keepdims=True)
    given = upstream + np.zeros(np.shape(x))
    others = np.sum(given, axis=axis, keepdims=True) - given
    return (given * np.where(is_alone, rest, 1.0 - shares) - shares * others)[()]""",
    "_product_of_others": """def _product_of_others(operands, axis):
    count = np.ndim(operands[0])
    axes = tuple(range(count)) if axis is None else tuple(np.atleast_1d(axis) % count)
    rest = tuple(place for place in range(count) if place not in axes)
    moved = [np.transpose(one, rest + axes) for one in operands]
    x, *along = [one.reshape(*[np.shape(one)[place] for place in range(len(rest))], -1) for one in moved]

    def times(a, b):  # the sets of directions, as bits, that each part goes along
        result = {}
        for first in a:
            for second in b:
                if not first & second:
                    result[first | second] = result.get(first | second, 0.0) + a[first] * b[second]
        return result

    def before(order):
        found = [{0: np.ones(x.shape[:-1])}]
        for place in order[:-1]:
            steps = {1 << bit: one[..., place] for bit, one in enumerate(along)}
            found.append(times(found[-1], {0: x[..., place], **steps}))
        return found[: len(order)]

    places = range(x.shape[-1])
    whole, nothing = 2 ** len(along) - 1, np.zeros(x.shape[:-1])
    pairs = zip(before(places), reversed(before(places[::-1])))
    parts = [times(*pair).get(whole, nothing) for pair in pairs]
    result = np.stack(parts, axis=-1) if parts else x
    return np.transpose(result.reshape(moved[0].shape), np.argsort(rest + axes))[()]""",
    "_softmax": """def _softmax(x, axis):
    x, is_unknown = _as_far_below(x, axis)
    weights = _exp_of_difference(x, np.max(x, axis=axis, keepdims=True))
    return np.where(is_unknown, np.nan, weights / np.sum(weights, axis=axis, keepdims=True))[()]""",
    "_as_far_below": """def _as_far_below(x, axis):
    is_far = np.equal(x, np.inf)
    is_row = np.max(x, axis=axis, keepdims=True) == np.inf
    is_unknown = is_far & (np.sum(is_far, axis=axis, keepdims=True) > 1)
    return np.where(is_row, np.where(is_far, 0.0, -np.inf), x), is_unknown""",
}
SPELLINGS: dict[str, str | Template] = {
    **{
        name: Template(f"np.{name}({{0}}, {{1}}).astype(float)", TERNARY)
        for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
    },
    **{word: Template(f"np.logical_{word}({{0}}, {{1}}).astype(float)", TERNARY) for word in ("and", "or")},
    "not": Template("np.equal({0}, 0).astype(float)", TERNARY),
    "where": Template("np.where({0} != 0, {1}, {2})[()]", TERNARY),
    "maximum": "np.maximum({0}, {1})",
    "minimum": "np.minimum({0}, {1})",
    "product_of_others": "_product_of_others([{all}], {axis})",
    "cofactor": "_cofactor({all})",
    "contraction": "np.einsum({subscripts}, {all})",
    "index": "{0}[{index}]",
    "stack": "np.stack([{all}], axis={axis})",
    "concat": "np.concatenate([{all}], axis={axis})",
    "reshape": "np.reshape({0}, {shape})",
    "broadcast_to": "np.broadcast_to({0}, {shape})",
    "diag": "np.diag({0})",
    "scatter": "_scatter({0}, np.s_[{index}], {shape})",
    "eye": "np.eye({n}, {columns})",
    "zeros": "np.zeros({shape})",
    "ones": "np.ones({shape})",
    "linspace": "np.linspace({start}, {stop}, {count})",
    "arange": "np.arange(*{limits}, dtype=float)",
    "entry": "_entry({0}, {1}, {axis})",
    "one_hot": Template("(np.expand_dims({0}, -1) % {n} == np.arange({n})).astype(float)", TERNARY),
}
number = partial(language.number, infinity="np.inf", nan="np.nan")


def array(value: Any) -> str:
    return f"np.array({nested(np.asarray(value).tolist(), number)}).reshape({np.shape(value)})"


def setting(value: Any) -> str:
    if isinstance(value, tuple) and any(isinstance(index, Slice) for index in value):
        return ", ".join(map(item, value))
    return repr(value)


def library(gate: Gate) -> str | None:
    """NumPy's function that is a gate's forward function."""
    name = getattr(gate.forward, "__name__", "")
    return f"np.{name}" if getattr(np, name, None) is gate.forward else None


def frame(function: GeneratedFunction) -> str:
    modules = [name for name in ("fractions", "math") if any(f"{name}." in source for source in function.helpers)]
    imports = "".join([*[f"import {name}\n" for name in modules], "\nimport numpy as np\n"]).lstrip()
    prepared = [f"    {name} = np.asarray({name}, dtype=float)[()]\n" for name in function.body.parameters]
    return framed(function, imports, '@np.errstate(all="ignore")\n', "".join(prepared))


NUMPY = Language(
    name="numpy",
    title="NumPy",
    run_by="python",
    operators=frozenset("+-*/@"),
    spellings=SPELLINGS,
    library=library,
    helpers=HELPERS,
    constants={"pi": "np.pi", "e": "np.e"},
    reserved=frozenset({*keyword.kwlist, "__debug__", "float", "fractions", "math", "np"}),
    number=number,
    helper_name="_{}",
    routine_name="_{}",
    helper=helper,
    frame=frame,
    routine=translation.as_python,
    routine_call="_entrywise({}, {})",
    arrays=array,
    setting=setting,
)

# A Python module with the function `name`: floats or arrays in, the value and a dict of the gradient out.
write = partial(code.write, NUMPY)
