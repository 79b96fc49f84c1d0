"""A node as an expression of the language, with as few parentheses as its precedences allow.

Reads how each gate is written from its notation, and knows no gate. Without recursion: a sum of 100,000 terms and
100,000 nested calls print alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from backprop.autodiff.declaration.gate import REQUIRED, Attribute
from backprop.autodiff.declaration.notation import (
    ATOM,
    POSTFIX,
    POWER,
    PRODUCT,
    SUM,
    TERNARY,
    UNARY,
    Binding,
    Brackets,
    Call,
    Infix,
    Postfix,
    Prefix,
    Subscript,
)
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.shapes import Array, Slice
from backprop.parser.printers.inside import inside

MAXIMUM_CHARACTERS = 50_000_000  # shared nodes are written out at each use, which can double with every node

Number = Callable[[float], str]
Label = TypeVar("Label")
Part = str | tuple[Node, int] | tuple[Node, int, bool]  # text, or a node, the loosest precedence that needs no
# parentheses there, and whether it stands in an exponent
AIRY, TEXTBOOK, DENSE = range(3)  # spaces around sums and products, around sums only, around words only


def shortest(number: float) -> str:
    """The shortest digits that read back to the same double: `0.1`, `2`, `-0.0`, `inf`."""
    text = repr(float(number))
    return text[:-2] if text.endswith(".0") and text != "-0.0" else text


def show(node: Node, labels: Mapping[Node, str], number: Number = shortest, spacing: int = AIRY) -> str:
    """The node as an expression, cut off at nodes with a label; its own label is not looked at.

    With TEXTBOOK spacing products are written without spaces, and exponents with none: `2*x + x^(n-1)`.
    Raises ExpressionError where that would take more than MAXIMUM_CHARACTERS.
    """
    return "".join(pieces(node, labels, number, spacing))


def pieces(
    node: Node, labels: Mapping[Node, Label], number: Number = shortest, spacing: int = AIRY
) -> list[str | Label]:
    """The same in pieces, of which the labels are some, whatever they are."""
    result: list[str | Label] = []
    size = 0
    waiting = [(part, spacing) for part in reversed(written(node, number, spacing)[0])]
    while waiting:
        part, around = waiting.pop()
        if isinstance(part, str):
            result.append(part)
            size += len(part)
        else:
            operand, loosest, *in_exponent = part
            operand = operand.original
            around = DENSE if in_exponent and around else around
            label = labels.get(operand)
            if label is None:
                parts, precedence = written(operand, number, around)
                if precedence < loosest:
                    parts = ["(", *parts, ")"]
                waiting.extend([(piece, around) for piece in reversed(parts)])
            else:
                result.append(label)
                size += len(label) if isinstance(label, str) else 1
        if size > MAXIMUM_CHARACTERS:
            raise ExpressionError(
                f"the expression takes more than {MAXIMUM_CHARACTERS} characters", None, "print a part of it"
            )
    return result


def written(node: Node, number: Number, spacing: int = AIRY) -> tuple[list[Part], int]:
    """The parts of a node in their order, and the precedence of the whole."""
    if node.is_constant:
        text = node.name or literal(node.value, number)
        return [text], ATOM if text[0].isalnum() or text[0] == "[" else UNARY
    if node.name is not None:
        return [node.name], ATOM
    notation = node.gate.notation
    if isinstance(notation, Infix):
        left, right = node.inputs
        symbol, precedence, associates = notation[:3]
        # An exponent may be negative without parentheses: 2^-x.
        loosest_right = UNARY if precedence == POWER else precedence + (associates != "right")
        is_tight = precedence >= (POWER, PRODUCT, SUM)[spacing] and (precedence != PRODUCT or symbol in "*/")
        spaced = symbol if is_tight else f" {symbol} "
        last: Part = (right, loosest_right, True) if precedence == POWER else (right, loosest_right)
        return [(left, precedence + (associates != "left")), spaced, last], precedence
    if isinstance(notation, Prefix):
        symbol, precedence = notation[:2]
        is_word = symbol[-1].isspace()
        operand = [(node.inputs[0], precedence)] if is_word else apart(node, precedence, number)
        return [symbol, *operand], precedence
    if isinstance(notation, Postfix):
        return [*apart(node, POSTFIX, number), notation.symbol], POSTFIX
    if isinstance(notation, Subscript) and (index := node.settings["index"]):
        return [(node.inputs[0], POSTFIX), f"[{', '.join(map(item, index))}]"], POSTFIX
    if isinstance(notation, Brackets) and not given_settings(node):
        return ["[", *listed([(operand, TERNARY) for operand in node.inputs]), "]"], ATOM
    if isinstance(notation, Binding):
        body, variable = inside(node)
        ends = node.inputs[: len(node.gate.operands) - 1]
        return [f"{notation.name}(", *listed([(body, TERNARY), variable, *[(end, TERNARY) for end in ends]]), ")"], ATOM
    name = notation.name if isinstance(notation, Call) else node.gate.name
    return [f"{name}(", *listed([*texts(node), *operands(node), *settings(node)]), ")"], ATOM


def apart(node: Node, loosest: int, number: Number) -> list[Part]:
    """The only operand, digits in parentheses: `-2` is one number, `-(2)` its negative, and `2.T` is neither."""
    (operand,) = node.inputs
    if operand.is_scalar_constant and operand.name is None and number(float(operand.value))[0].isdigit():
        return ["(", (operand, TERNARY), ")"]
    return [(operand, loosest)]


def operands(node: Node) -> list[Part]:
    """The operands of a call, without those at the end that have their default value."""
    gate = node.gate
    kept = len(node.inputs)
    while kept and gate.most_operands is not None:
        name, last = gate.operands[kept - 1], node.inputs[kept - 1]
        is_default = last.is_scalar_constant and last.name is None and name in gate.defaults
        if not is_default or last.value != gate.defaults[name]:
            break
        kept -= 1
    return [(operand, TERNARY) for operand in node.inputs[:kept]]


def given_settings(node: Node) -> list[tuple[str, Attribute, Any]]:
    """The settings that are not left at their default: their names, declarations and values."""
    declared = node.gate.attributes.items()
    return [
        (name, setting, value)
        for (name, setting), value in zip(declared, node.attributes, strict=True)
        if setting.default is REQUIRED or value != setting.default
    ]


def texts(node: Node) -> list[Part]:
    """The settings that are texts: they stand before the operands."""
    return [f'"{value}"' for _, setting, value in given_settings(node) if setting.takes_text]


def settings(node: Node) -> list[Part]:
    """The settings of a call: by position where they must be given, else by name."""
    by_position = len(operands(node)) == len(node.inputs) == len(node.gate.operands)
    parts: list[Part] = []
    for name, setting, value in given_settings(node):
        if setting.takes_text:
            continue
        if not by_position or setting.default is not REQUIRED or setting.elsewhere is not None or setting.leads:
            parts.append(f"{name}={setting_text(value)}")
        elif setting.takes_rest and isinstance(value, tuple) and value:
            parts.extend(map(setting_text, value))
        else:
            parts.append(setting_text(value))
    return parts


def setting_text(value: Any) -> str:
    """A setting as a constant of the language; what it cannot spell, a slice or all axes, as a reader knows it."""
    if value is None:
        return "all"
    if isinstance(value, Slice):
        return item(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(setting_text, value))}]"
    return str(value) if isinstance(value, (int, str)) else shortest(value)


def item(index: int | Slice) -> str:
    """One item of an index."""
    if isinstance(index, int):
        return str(index)
    bounds = ["" if bound is None else str(bound) for bound in index]
    return ":".join(bounds if index.step is not None else bounds[:2])


def listed(parts: list[Part]) -> list[Part]:
    """The parts with commas between them."""
    return [piece for part in parts for piece in (", ", part)][1:]


def literal(value: Array, number: Number) -> str:
    """A constant's value: a number, or lists of them."""
    if np.ndim(value) == 0:
        return number(float(value))
    if value.size == 0 and value.shape != (0,):
        return f"zeros({', '.join(map(str, value.shape))})"
    return nested(value.tolist(), number)


def nested(value: Any, number: Number) -> str:
    """Recursive, as deep as an array has dimensions."""
    if isinstance(value, list):
        return f"[{', '.join([nested(entry, number) for entry in value])}]"
    return number(value)
