"""CUDA's spellings and frame for the code of code.py: C's, each function one of the device."""

from __future__ import annotations

import re
from functools import partial

from backprop.parser.printers import code, translation
from backprop.parser.printers.language import Body, GeneratedFunction, words
from backprop.parser.printers.languages import c
from backprop.parser.printers.languages.c import C

NOTE = "CUDA C++. For the same digits as backprop's, compile with --fmad=false and without --use_fast_math."
STATIC = re.compile("^static (?=double |int |void )", re.MULTILINE)
KEYWORDS = words(
    """
    and and_eq bitand bitor catch char16_t char32_t class compl const_cast consteval constinit co_await co_return
    co_yield decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq operator or
    or_eq private protected public reinterpret_cast requires static_cast template this throw try typeid typename using
    virtual wchar_t xor xor_eq concept threadIdx blockIdx blockDim gridDim warpSize NULL EOF errno
    """
)


def on_device(source: str) -> str:
    return STATIC.sub("static __device__ ", source)


def helper(body: Body) -> str:
    return on_device(c.helper(body))


def frame(function: GeneratedFunction) -> str:
    return c.framed(function, NOTE, "__device__ ")


CUDA = C._replace(
    name="cuda",
    title="CUDA",
    run_by="g++",
    helpers={name: on_device(source) for name, source in c.HELPERS.items()},
    family=re.compile(rf"{c.MACRO.pattern}|.*[^\x00-\x7f].*"),
    reserved=C.reserved | frozenset(KEYWORDS),
    helper=helper,
    frame=frame,
    routine=partial(
        translation.as_syntax,
        syntax=c.SYNTAX._replace(heads={kind: on_device(head) for kind, head in c.SYNTAX.heads.items()}),
    ),
)

# A CUDA file with the function `name` of the device, with the parameters of C's.
write = partial(code.write, CUDA)
