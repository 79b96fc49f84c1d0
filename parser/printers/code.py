"""Nodes as straight-line code: what all languages share. Knows the spelling of no gate and the frame of no language.

A gate is spelled by its declaration's `code`, which may name a function of the math libraries, else by a function
written from its `kernel`, else by its infix notation, else, where it is public, by its textbook form. What is left is
refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from backprop.autodiff.declaration import leaves
from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.declaration.notation import ATOM, UNARY, Infix, Prefix, Template
from backprop.autodiff.errors import ExpressionError
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.gates import GATES
from backprop.autodiff.graph import Graph, Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape
from backprop.parser.printers.language import LONGEST_RESULT, Body, GeneratedFunction, Language
from backprop.parser.printers.longhand import in_public_gates
from backprop.parser.printers.routines import called_by
from backprop.parser.printers.scalars import in_scalars

LONGEST_INLINED = 48  # characters of an expression that is written where it is used, if it is used once


class CodeText(NamedTuple):
    """Written code, and how tightly it binds (autodiff/declaration/notation.py)."""

    code: str
    precedence: int = ATOM


def write(language: Language, name: str, value: Node, gradients: Mapping[str, Node]) -> str:
    """The function `name` that returns `value` and `gradients`, nodes of one typed graph.

    Raises ExpressionError, with the gate's place, for what the language cannot say.
    """
    return CodeWriter(language).function(name, value, gradients)


class CodeWriter:
    """One run: the helpers that the code written so far calls, in the order in which they must stand."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.helpers: dict[str, str] = {}
        self.needed: set[str] = set()  # two helpers may call each other
        self.template = cache(self.template_of)
        self.routines: dict[str, Callable[..., float]] = {}  # what the texts of templates call

    def function(self, name: str, value: Node, gradients: Mapping[str, Node]) -> str:
        wanted = [value, *gradients.values()]
        results = self.written(wanted)
        nodes = needed(results)
        used = {*gradients, *[str(node.name) for node in nodes if node.gate is leaves.input]}
        variables = [variable for variable in value.graph.inputs if variable in used]
        called = {self.kernel_name(node) for node in nodes}
        spelled = self.names(variables, called | {*self.language.helpers})
        name = self.names([name], self.language.taken | {*self.language.helpers, *self.kernel_names()})[name]
        body = self.body(name, results, spelled)
        texts = iter(body.results)
        of_value, *of_gradient = [next(texts) if self.has_arrays else in_shape(texts, node.shape) for node in wanted]
        return self.language.frame(
            GeneratedFunction(
                body,
                of_value,
                bool(value.shape),
                dict(zip(gradients, of_gradient, strict=True)),
                tuple([value.graph.inputs[variable].shape for variable in variables]),
                spelled,
                tuple(self.helpers.values()),
            )
        )

    @property
    def has_arrays(self) -> bool:
        return self.language.arrays is not None

    def written(self, results: Sequence[Node]) -> list[Node]:
        """The results by gates that the language has; the entries of the results where it has no arrays."""
        if not self.has_arrays:
            results = in_scalars(in_public_gates(results, lambda gate: gate.by_entries is not None))
        return self.language.rewrite(self.spellable(results))

    def spellable(self, results: Sequence[Node]) -> list[Node]:
        return in_public_gates(results, self.is_spelled, self.kernel_of)

    def kernel_names(self) -> set[str]:
        return {self.language.helper_name.format(gate.name) for gate in GATES if gate.kernel is not None}

    def names(self, variables: Sequence[str], called: Collection[str]) -> dict[str, str]:
        """The variables' names in the code: their own, with underscores behind where it has another meaning there."""
        key, family = self.key, self.language.family
        reserved = {key(word) for word in (*self.language.reserved, *called)}
        own = set(map(key, variables))
        given: set[str] = set()
        spelled: dict[str, str] = {}
        for variable in variables:
            is_family = family is not None and family.fullmatch(variable)
            name = f"v_{in_ascii(variable.lstrip('_'))}" if is_family else variable
            while key(name) in reserved or key(name) in given or (name != variable and key(name) in own):
                name += "_"
            given.add(key(name))
            spelled[variable] = name
        return spelled

    @property
    def key(self) -> Callable[[str], str]:
        """What two names have in common that are one in the language."""
        return str.lower if self.language.is_caseless else str

    def body(self, name: str, results: Sequence[Node], spelled: Mapping[str, str]) -> Body:
        nodes = needed(results)
        final = frozenset(results)
        uses = Counter(operand for node in nodes for operand in node.inputs)
        uses.update(results)
        taken = set(map(self.key, [*spelled.values(), name]))
        texts: dict[Node, CodeText] = {}
        assignments: list[tuple[str, str]] = []
        count = 0
        for node in nodes:
            if node.gate is leaves.input:
                text = CodeText(spelled[str(node.name)])
            else:
                text = self.text(node, [texts[operand] for operand in node.inputs])
                is_leaf = not node.inputs and not node.shape
                longest = LONGEST_RESULT if node in final else LONGEST_INLINED
                if not is_leaf and (uses[node] > 1 or len(text.code) > longest):
                    count += 1
                    while f"t{count}" in taken:
                        count += 1
                    assignments.append((f"t{count}", text.code))
                    text = CodeText(f"t{count}")
            texts[node] = text
        parameters = tuple(spelled.values())
        return Body(name, parameters, tuple(assignments), tuple(texts[node].code for node in results))

    def text(self, node: Node, operands: list[CodeText]) -> CodeText:
        if node.is_constant:
            return self.constant(node)
        gate = node.gate
        template = self.template(gate)
        if self.language.lacks is not None and self.language.lacks(node):
            raise self.unknown(node)
        if template is not None:
            if template.text in self.routines:
                self.need_routine(self.routines[template.text])
            return self.filled(template, node, operands)
        if self.kernel_of(gate) is not None:
            return CodeText(f"{self.kernel(node)}({', '.join(operand.code for operand in operands)})")
        if not self.is_infix(gate):
            raise self.unknown(node)
        if isinstance(gate.notation, Prefix):
            (operand,) = operands
            is_safe = operand.precedence >= UNARY and not operand.code.startswith(gate.notation.symbol)
            text = gate.notation.symbol + (operand.code if is_safe else f"({operand.code})")
            return CodeText(text, self.language.minus)
        assert isinstance(gate.notation, Infix)
        left, right = operands
        symbol, precedence, *_ = gate.notation
        first = left.code if left.precedence >= precedence else f"({left.code})"
        second = right.code if right.precedence > precedence else f"({right.code})"
        return CodeText(f"{first} {symbol} {second}", precedence)

    def unknown(self, node: Node) -> ExpressionError:
        return ExpressionError(
            f"{self.language.title} code for '{node.gate.name}' is not known",
            node.span,
            "write it out in other functions, or choose another language",
            node.graph.source,
        )

    def constant(self, node: Node) -> CodeText:
        value, name = node.attributes
        if np.ndim(value):
            assert self.language.arrays is not None
            return CodeText(self.language.arrays(value))
        code = self.language.constants.get(name) or self.language.number(float(value))
        return CodeText(code, self.language.minus if code.startswith("-") else ATOM)

    def template_of(self, gate: Gate) -> Template | None:
        """The call that a gate is written as: the spelled one, else that of a helper of its name, or of a library."""
        word = word_of(gate)
        spelled = self.language.spellings.get(word)
        if spelled is not None:
            return spelled if isinstance(spelled, Template) else Template(spelled)
        own = self.language.helper_name.format(word)
        has_own = own in self.language.helpers
        function = own if has_own else None if self.is_infix(gate) else self.language.library(gate)
        operands = [f"{{{place}}}" for place, name in enumerate(gate.operands) if not name.startswith("*")]
        if function is None and gate.routine is not None and self.language.routine is not None:
            given = ", ".join([*operands, *[f"{{{key}}}" for key in gate.attributes]])
            text = self.language.routine_call.format(self.routine_name(gate.routine), given)
            self.routines[text] = gate.routine
            return Template(text)
        settings = [f"{{{key}}}" if has_own else f"{key}={{{key}}}" for key in gate.attributes]
        return Template(f"{function}({', '.join([*operands, *settings])})") if function else None

    def filled(self, template: Template, node: Node, operands: list[CodeText]) -> CodeText:
        """The template with the operands and attributes in their places; two places serve for any more operands."""
        if node.gate.is_variadic and "{all}" not in template.text:
            text = operands[0]
            for operand in operands[1:]:
                text = self.put(template, [text, operand], {})
            return text
        named = {slot for _, slot, _ in parsed(template.text)}.intersection(node.settings)
        settings = {name: self.setting(node, name) for name in named}
        return self.put(template, operands, {**settings, "all": ", ".join(operand.code for operand in operands)})

    def setting(self, node: Node, name: str) -> str:
        """An attribute of a node's gate, in the language."""
        value = node.settings[name]
        return self.language.number(value) if isinstance(value, float) else self.language.setting(value)

    def put(self, template: Template, operands: list[CodeText], settings: Mapping[str, str]) -> CodeText:
        pieces = []
        for literal, slot, is_enclosed in parsed(template.text):
            pieces.append(literal)
            if slot.isdigit():
                code, precedence = operands[int(slot)]
                pieces.append(code if is_enclosed or precedence == ATOM else f"({code})")
            elif slot:
                pieces.append(settings[slot])
        for name in CALLED.findall(template.text):
            self.need(name)
        return CodeText("".join(pieces), template.precedence)

    def need(self, name: str) -> None:
        """Have a helper written, those that it calls before it."""
        for routine in self.language.routines:
            if name == self.routine_name(routine):
                self.need_routine(routine)
        if name in self.language.helpers and name not in self.needed:
            self.needed.add(name)
            source = self.language.helpers[name]
            for called in CALLED.findall(source):
                self.need(called)
            self.helpers[name] = source

    def routine_name(self, routine: Callable[..., float]) -> str:
        return self.language.routine_name.format(routine.__name__)

    def need_routine(self, routine: Callable[..., float]) -> None:
        """Have a routine written, those that it calls before it."""
        name = self.routine_name(routine)
        if name not in self.needed:
            self.needed.add(name)
            source = _routine_sources.get((self.language.name, routine))
            if source is None:
                assert self.language.routine is not None
                source = self.language.routine(routine, self.routine_name)
                _routine_sources[self.language.name, routine] = source
            for helper in called_by(routine):
                self.need_routine(helper)
            for called in CALLED.findall(source):
                self.need(called)
            self.helpers[name] = source

    def kernel_name(self, node: Node) -> str:
        """What the function is called that computes a gate by its kernel, one for each of its settings."""
        has_function = self.kernel_of(node.gate) is not None
        settings = "".join([f"_{value}" for value in node.attributes]) if has_function else ""
        return self.language.helper_name.format(f"{node.gate.name}{settings}")

    def kernel(self, node: Node) -> str:
        """The name of that function, which is written if it is not yet."""
        gate, name = node.gate, self.kernel_name(node)
        if name not in self.helpers:
            kernel = self.kernel_of(gate)
            assert kernel is not None and self.language.helper is not None
            graph = Graph(is_typed=True)
            names = list(gate.operands)
            result = kernel(*[graph.input(operand) for operand in names], **node.settings)
            try:
                body = self.body(name, self.spellable([result]), {operand: operand for operand in names})
            except ExpressionError:
                raise self.unknown(node) from None  # what is in it has no place in the text
            self.helpers[name] = self.language.helper(body)
        return name

    def is_infix(self, gate: Gate) -> bool:
        return isinstance(gate.notation, (Infix, Prefix)) and gate.notation.symbol in self.language.operators

    def has_call(self, gate: Gate) -> bool:
        """Whether it is written by its template or its sign."""
        if self.template(gate) is not None:
            return True
        has_kernel = self.kernel_of(gate) is not None
        return self.is_infix(gate) and not (has_kernel and self.language.helper is None)

    def has_own(self, gate: Gate) -> bool:
        """Whether that is the language's own: a sign, or calls of nothing that is written beside them."""
        template = self.template(gate)
        if template is None:
            return self.is_infix(gate)
        called = CALLED.findall(template.text)
        return template.text not in self.routines and not any(name in self.language.helpers for name in called)

    def kernel_of(self, gate: Gate) -> Callable[..., Node] | None:
        """What computes a gate by others: the language's form, or the gate's own."""
        return self.language.forms.get(word_of(gate)) or gate.kernel

    def is_spelled(self, gate: Gate) -> bool:
        if gate.routine is not None and self.kernel_of(gate) is None:  # its textbook form would lose digits
            return True
        has_function = self.language.helper is not None and self.kernel_of(gate) is not None
        return self.has_call(gate) or (has_function and not gate.is_variadic and not gate.attributes)


def word_of(gate: Gate) -> str:
    """What tables of languages call it."""
    return str(gate.code.get("math", gate.name))


def in_shape(texts: Iterator[str], shape: Shape) -> Any:
    """The next of the texts as lists of lists, or the next one alone."""
    array = np.empty(shape, dtype=object)
    for place in np.ndindex(array.shape):
        array[place] = next(texts)
    return array.tolist()


def in_ascii(name: str) -> str:
    """The name with the number of each character in Unicode that is not in ASCII."""
    return "".join([letter if letter.isascii() else f"u{ord(letter):x}" for letter in name])


_routine_sources: dict[tuple[str, Callable[..., float]], str] = {}  # the text of each, by language: it depends on them
CALLED = re.compile(r"([A-Za-z_]\w*)\s*\(")
PLACE = re.compile(r"\{(\w+)\}")


@cache
def parsed(template: str) -> tuple[tuple[str, str, bool], ...]:
    """The template as literal text, the place that follows, and whether that stands alone in its brackets."""
    parts = []
    end = 0
    for match in PLACE.finditer(template):
        before, after = template[: match.start()], template[match.end() :]
        is_enclosed = before.endswith(("(", ", ", "[")) and after.startswith((")", ",", "]"))
        parts.append((template[end : match.start()], match[1], is_enclosed))
        end = match.end()
    return (*parts, (template[end:], "", False))
