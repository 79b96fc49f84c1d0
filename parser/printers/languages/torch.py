"""PyTorch's spellings and frame for the code of code.py: tensors of doubles, under compile and vmap, too."""

from __future__ import annotations

import keyword
from functools import partial
from typing import Any

from backprop.autodiff.declaration.notation import Template
from backprop.parser.printers import code, language
from backprop.parser.printers.finite import without_known
from backprop.parser.printers.language import Body, GeneratedFunction, Language, words
from backprop.parser.printers.languages.python import framed
from backprop.parser.printers.special_forms import LOOPLESS_FORMS

FUNCTIONS = words(
    "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log2 log10 log1p sqrt floor ceil"
    " trunc erf erfc"
)
IMPORTS = """import torch


def _real(x):
    return torch.as_tensor(x, dtype=torch.float64)
"""
HELPERS = {
    "_cbrt": """def _cbrt(x):
    size = torch.abs(x)
    rough = size ** (1 / 3)
    refined = rough - (rough - size / rough / rough) / 3
    return torch.copysign(torch.where((size == 0) | (size == torch.inf), size, refined), x)""",
    "_maximum": """def _maximum(x, y):
    x, y = _real(x), _real(y)
    return torch.where((x > y) | (x != x), x, y)""",
    "_minimum": """def _minimum(x, y):
    x, y = _real(x), _real(y)
    return torch.where((x < y) | (x != x), x, y)""",
    "_mod": """def _mod(x, y):
    x, y = _real(x), _real(y)
    remainder = torch.fmod(x, y)
    is_other = (remainder != 0) & ((remainder < 0) != (y < 0))
    zero = torch.copysign(torch.zeros_like(y), y)
    return torch.where(remainder == 0, zero, torch.where(is_other, remainder + y, remainder))""",
    "_floor_div": """def _floor_div(x, y):
    x, y = _real(x), _real(y)
    remainder = torch.fmod(x, y)
    quotient = (x - remainder) / y - ((remainder != 0) & ((remainder < 0) != (y < 0))).double()
    below = torch.floor(quotient)
    below = torch.where(quotient - below > 0.5, below + 1.0, below)
    return torch.where(y == 0, x / y, torch.where(quotient == 0, 0.0 * (x / y), below))""",
}
SPELLINGS: dict[str, str | Template] = {
    **{name: f"torch.{name}({{0}})" for name in (*FUNCTIONS, "abs")},
    **{name: f"torch.{name}(_real({{0}}), _real({{1}}))" for name in ("atan2", "hypot", "pow")},
    **language.truths("({}).double()"),
    "and": "(({0} != 0) & ({1} != 0)).double()",
    "or": "(({0} != 0) | ({1} != 0)).double()",
    "rint": "torch.round({0})",
    "where": "torch.where({0} != 0, _real({1}), _real({2}))",
    "index": "{0}[{index}]",
}


def array(texts: Any) -> str:
    if not isinstance(texts, list):
        return str(texts)
    entries = [array(one) if isinstance(one, list) else f"_real({one})" for one in texts]
    return f"torch.stack([{', '.join(entries)}])" if entries else "_real([])"


def prepared(body: Body) -> str:
    return "".join([f"    {name} = _real({name})\n" for name in body.parameters])


def helper(body: Body) -> str:
    head = f"def {body.name}({', '.join(body.parameters)}):\n{prepared(body)}"
    return f"{head}{body.lines('    {} = {}' + chr(10))}    return {body.results[0]}"


def frame(function: GeneratedFunction) -> str:
    return framed(function, IMPORTS, "", prepared(function.body), array)


TORCH = Language(
    name="torch",
    title="PyTorch",
    run_by="torch",
    spellings=SPELLINGS,
    helpers=HELPERS,
    constants={"pi": "torch.pi", "e": "torch.e"},
    reserved=frozenset({*keyword.kwlist, "__debug__", "torch", "_real"}),
    number=partial(language.number, infinity="torch.inf", nan="torch.nan"),
    helper_name="_{}",
    helper=helper,
    frame=frame,
    setting=language.setting_in_pair,
    forms=LOOPLESS_FORMS,
    rewrite=without_known,
)

# A Python module with the function `name`: numbers or tensors in, the value and a dict of the gradient out.
write = partial(code.write, TORCH)
