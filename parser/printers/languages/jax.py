"""JAX's spellings and frame for the code of code.py: jax.numpy in double precision, under jit and vmap, too."""

from __future__ import annotations

import keyword
from functools import partial
from typing import Any

from backprop.autodiff.declaration.notation import Template
from backprop.parser.printers import code, language
from backprop.parser.printers.expression import nested
from backprop.parser.printers.language import GeneratedFunction, Language, words
from backprop.parser.printers.languages.python import framed, helper
from backprop.parser.printers.special_forms import LOOPLESS_FORMS

FUNCTIONS = {  # what jax.numpy calls the functions of other math libraries
    **{
        name: name
        for name in words(
            "sin cos tan sinh cosh tanh exp expm1 log log2 log10 log1p sqrt cbrt hypot floor ceil trunc rint"
        )
    },
    **{name: f"arc{name[1:]}" for name in words("asin acos atan atan2 asinh acosh atanh")},
}
IMPORTS = """import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)  # for the whole program: doubles
"""
HELPERS = {
    "_maximum": """def _maximum(x, y):
    return jnp.where(jnp.logical_or(x > y, x != x), x, y)""",
    "_minimum": """def _minimum(x, y):
    return jnp.where(jnp.logical_or(x < y, x != x), x, y)""",
    "_pow": """def _pow(x, y):
    return jnp.where(jnp.equal(x, 1.0), 1.0, jnp.power(x, y))""",
    "_mod": """def _mod(x, y):
    remainder = jnp.fmod(x, y)
    is_other = jnp.logical_and(remainder != 0, (remainder < 0) != (y < 0))
    return jnp.where(remainder == 0, jnp.copysign(0.0, y), jnp.where(is_other, remainder + y, remainder))""",
    "_floor_div": """def _floor_div(x, y):
    remainder = jnp.fmod(x, y)
    is_above = jnp.logical_and(remainder != 0, (remainder < 0) != (y < 0))
    quotient = (x - remainder) / y - jnp.where(is_above, 1.0, 0.0)
    below = jnp.floor(quotient)
    below = jnp.where(quotient - below > 0.5, below + 1.0, below)
    return jnp.where(y == 0, x / y, jnp.where(quotient == 0, 0.0 * (x / y), below))""",
}
SPELLINGS: dict[str, str | Template] = {
    **{
        name: f"jnp.where(jnp.{name}({{0}}, {{1}}), 1.0, 0.0)"
        for name in words("less less_equal greater greater_equal equal not_equal")
    },
    **{word: f"jnp.where(jnp.logical_{word}({{0}}, {{1}}), 1.0, 0.0)" for word in ("and", "or")},
    "not": "jnp.where(jnp.equal({0}, 0.0), 1.0, 0.0)",
    "abs": "jnp.abs({0})",
    "where": "jnp.where(jnp.not_equal({0}, 0.0), {1}, {2})",
    "exp2": "_pow(2.0, {0})",
    "erf": "jax.scipy.special.erf({0})",
    "erfc": "jax.scipy.special.erfc({0})",
    "index": "{0}[{index}]",
}


def array(texts: Any) -> str:
    return f"jnp.array({nested(texts, str)})" if isinstance(texts, list) else str(texts)


def frame(function: GeneratedFunction) -> str:
    prepared = [f"    {name} = jnp.asarray({name}, dtype=float)\n" for name in function.body.parameters]
    return framed(function, IMPORTS, "", "".join(prepared), array)


JAX = Language(
    name="jax",
    title="JAX",
    run_by="jax",
    spellings=SPELLINGS,
    library=language.from_math(lambda name: f"jnp.{FUNCTIONS[name]}" if name in FUNCTIONS else None),
    helpers=HELPERS,
    constants={"pi": "jnp.pi", "e": "jnp.e"},
    reserved=frozenset({*keyword.kwlist, "__debug__", "jax", "jnp", "float"}),
    number=partial(language.number, infinity="jnp.inf", nan="jnp.nan"),
    helper_name="_{}",
    helper=helper,
    frame=frame,
    setting=language.setting_in_pair,
    forms=LOOPLESS_FORMS,
)

# A Python module with the function `name`: numbers or arrays in, the value and a dict of the gradient out.
write = partial(code.write, JAX)
