"""GLSL's spellings and frame for the code of code.py: GLSL 4, of whose functions few are for doubles."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import numpy as np

from backprop.autodiff.graph import Node
from backprop.autodiff.shapes import Shape
from backprop.parser.printers import code, language
from backprop.parser.printers.language import Body, GeneratedFunction, Language, words

FUNCTIONS = {**{name: name for name in words("sqrt floor ceil trunc")}, "rint": "roundEven"}
KEYWORDS = words(
    """
    abs active asm atomic_uint attribute bool break buffer bvec2 bvec3 bvec4 case cast centroid class coherent common
    const continue default discard dmat2 dmat3 dmat4 do double dvec2 dvec3 dvec4 else enum extern external false filter
    fixed flat float for fvec2 fvec3 fvec4 goto half highp hvec2 hvec3 hvec4 if image1D image2D image3D in inline inout
    input int interface invariant isnan isinf ivec2 ivec3 ivec4 layout long lowp main mat2 mat3 mat4 mediump namespace
    noinline noperspective out output packDouble2x32 partition patch precise precision public readonly resource restrict
    return sample sampler1D sampler2D sampler3D samplerCube shared short sizeof smooth static struct subroutine
    superp switch template this true typedef uint uniform union unsigned using uvec2 uvec3 uvec4 varying vec2 vec3 vec4
    void volatile while writeonly INFINITY NAN gradient
    """
)
HELPERS = {
    "own_maximum": """double own_maximum(double x, double y) {
    return x > y || isnan(x) ? x : y;
}""",
    "own_minimum": """double own_minimum(double x, double y) {
    return x < y || isnan(x) ? x : y;
}""",
    "own_pow": """double own_pow(double x, double y) {
    double power = 1.0lf;
    for (int k = 0; k < int(abs(y)); k++)
        power *= x;
    return y < 0.0lf ? 1.0lf / power : power;
}""",
}
SPELLINGS = {
    **language.truths("double({})", zero="0.0lf"),
    "abs": "abs({0})",
    "where": "({0} != 0.0lf ? {1} : {2})",
    "index": "{0}[{index}]",
}
LARGEST_POWER = 16  # to which errors of single products are few


def digits(value: float) -> str:
    return f"{value!r}lf"


def lacks(node: Node) -> bool:
    """A power whose exponent is no small whole number."""
    if node.gate.code.get("math") != "pow":
        return False
    exponent = node.inputs[1]
    is_whole = exponent.is_scalar_constant and float(exponent.value).is_integer()
    return not is_whole or abs(float(exponent.value)) > LARGEST_POWER


def declared(name: str, shape: Shape = ()) -> str:
    return f"double {name}{''.join([f'[{max(length, 1)}]' for length in shape])}"


ASSIGNMENT = "    precise double {} = {};\n"


def helper(body: Body) -> str:
    head = f"double {body.name}({', '.join(map(declared, body.parameters))}) {{\n"
    return f"{head}{body.lines(ASSIGNMENT)}    return {body.results[0]};\n}}"


def frame(function: GeneratedFunction) -> str:
    body = function.body
    gradient = [entry for name, texts in function.gradient.items() for entry in language.entries(name, texts)]
    parameters = list(map(declared, body.parameters, function.shapes))
    shape = np.shape(np.array(function.value, dtype=object))
    parameters.append(f"out {declared('value', shape)}")
    if gradient:
        parameters.append(f"out {declared('gradient', (len(gradient),))}")
    values: list[tuple[str, Any]] = language.entries("value", function.value)
    return (
        "// GLSL 4, which has infinity and nan by their bits.\n"
        + "#define INFINITY packDouble2x32(uvec2(0u, 0x7FF00000u))\n"
        + "#define NAN packDouble2x32(uvec2(0u, 0x7FF80000u))\n\n"
        + "".join(f"{source}\n\n" for source in function.helpers)
        + f"// Sets the value and {'the gradient of its sum' if function.is_array else 'its gradient'}.\n"
        + "".join(f"// {old} is called {new} here.\n" for old, new in function.renamed)
        + f"void {body.name}({', '.join(parameters)}) {{\n"
        + body.lines(ASSIGNMENT)
        + "".join([f"    {place} = {text};\n" for place, text in values])
        + "".join([f"    gradient[{k}] = {text}; // by {name}\n" for k, (name, text) in enumerate(gradient)])
        + "}\n"
    )


GLSL = Language(
    name="glsl",
    title="GLSL",
    run_by="g++",
    spellings=SPELLINGS,
    library=language.from_math(lambda name: FUNCTIONS.get(name)),
    helpers=HELPERS,
    reserved=frozenset({*KEYWORDS, *FUNCTIONS.values(), "value"}),
    family=re.compile(r"gl_.*|.*__.*|_.*|.*[^\x00-\x7f].*"),
    lacks=lacks,
    number=partial(language.number, infinity="INFINITY", nan="NAN", digits=digits),
    helper=helper,
    frame=frame,
)

# A GLSL function `name` of doubles, or arrays of them, that sets its arguments `value` and `gradient`.
write = partial(code.write, GLSL)
