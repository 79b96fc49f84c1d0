"""Einstein's sums, `einsum("ij,jk->ik", a, b)`: products of entries of any arrays, added over what is named apart.

What the user writes becomes sums, diagonals and one contraction, in which no letter is found in one place only, nor
twice in an operand: each operand's gradient is then a contraction of the others and the upstream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from backprop.autodiff import shapes
from backprop.autodiff.declaration import batching
from backprop.autodiff.declaration.gate import REQUIRED, Attribute, Forward, Gate, Hazard, at
from backprop.autodiff.declaration.kinds import Expansion
from backprop.autodiff.declaration.notation import Call
from backprop.autodiff.declaration.sums import add_up
from backprop.autodiff.errors import ExpressionError, Span
from backprop.autodiff.gates import arithmetic, arrays, linear_algebra
from backprop.autodiff.gates.compositions import composition
from backprop.autodiff.lazy_numpy import np
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape, Slice

if TYPE_CHECKING:
    from backprop.autodiff.graph import Node

LETTERS = "".join(map(chr, [*range(ord("a"), ord("z") + 1), *range(ord("A"), ord("Z") + 1)]))
ELLIPSIS = "..."
FORM = 'write a letter for each axis: einsum("ij,jk->ik", A, B)'
CUBE = (((0.5, -2.0), (1.5, 3.0)), ((0.25, -1.0), (2.5, 0.75)), ((-0.5, 1.25), (4.0, -3.5)))
PAIR = ((1.0, 2.0), (3.0, -1.0))


class Terms(NamedTuple):
    """Subscripts, read: a string of letters for each operand, and for the result."""

    operands: tuple[str, ...]
    result: str

    @property
    def text(self) -> str:
        return f"{','.join(self.operands)}->{self.result}"


def as_subscripts(text: Any) -> str:
    """The subscripts without blanks. Raises ExpressionError, with the place in the text, where they make no sense."""
    if not isinstance(text, str):
        raise ExpressionError("expected a text", cure=FORM)
    left, _, right = text.partition("->")
    for start, part in ((0, left), (len(left) + 2, right)):
        rest = part.replace(ELLIPSIS, "   ")
        for place, sign in enumerate(rest):
            if not (sign in LETTERS or sign == " " or (sign == "," and not start)):
                raise ExpressionError(f"unexpected '{sign}'", Span(start + place, start + place + 1), FORM)
    plain = text.replace(" ", "")
    terms = plain.partition("->")[0].split(",")
    for term in (*terms, plain.partition("->")[2]):
        if term.count(ELLIPSIS) > 1:
            raise ExpressionError(f"'{term}' has two ellipses", cure="one '...' stands for all axes without a letter")
    result = right.replace(" ", "").replace(ELLIPSIS, "")
    for letter in result:
        at_letter = len(left) + 2 + right.index(letter)
        if letter not in left:
            raise ExpressionError(
                f"'{letter}' names no axis of an operand", Span(at_letter, at_letter + 1), "name it before '->', too"
            )
        if result.count(letter) > 1:
            raise ExpressionError(
                f"'{letter}' is twice in the result",
                Span(at_letter, at_letter + 1),
                "name it once; diag(x) makes a matrix",
            )
    return plain


def read(subscripts: str, operands: Sequence[Shape]) -> Terms:
    """The terms for operands of these shapes, with letters for what an ellipsis stands for. Raises ExpressionError."""
    left, arrow, result = subscripts.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise ExpressionError(
            f"subscripts of {len(terms)} operand{'s' * (len(terms) > 1)} for {len(operands)}",
            cure="write a term for each operand, with commas between them",
        )
    unseen = [len(shape) - len(term.replace(ELLIPSIS, "")) for term, shape in zip(terms, operands, strict=True)]
    for term, shape, count in zip(terms, operands, unseen, strict=True):
        if count < 0 or (count and ELLIPSIS not in term):
            raise ExpressionError(f"'{term}' does not fit an operand of shape {shapes.show(shape)}", cure=FORM)
    free = [letter for letter in LETTERS if letter not in subscripts]
    most = max(unseen)
    if most > len(free):
        raise ExpressionError(f"einsum has {len(LETTERS)} letters for all axes", cure="use fewer axes")
    stands = [free[most - count : most] if ELLIPSIS in term else [] for term, count in zip(terms, unseen, strict=True)]
    spelled = [term.replace(ELLIPSIS, "".join(letters)) for term, letters in zip(terms, stands, strict=True)]
    if not arrow:
        counted = Counter("".join(term.replace(ELLIPSIS, "") for term in terms))
        result = ELLIPSIS + "".join(sorted(letter for letter, count in counted.items() if count == 1))
    return Terms(tuple(spelled), result.replace(ELLIPSIS, "".join(free[:most])))


def lengths_of(terms: Sequence[str], operands: Sequence[Shape]) -> dict[str, int]:
    """The length that each letter stands for; a 1 is repeated, as in NumPy. Raises ExpressionError."""
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, operands, strict=True):
        for letter, length in zip(term, shape, strict=True):
            known = lengths.setdefault(letter, length)
            if known != length and 1 not in (known, length):
                raise ExpressionError(
                    f"'{letter}' stands for the lengths {known} and {length}", cure="a letter has one length"
                )
            lengths[letter] = length if known == 1 else known
    return lengths


def rule(*operands: Shape, subscripts: str) -> Shape:
    terms = read(subscripts, operands)
    lengths = lengths_of(terms.operands, operands)
    return tuple(lengths[letter] for letter in terms.result)


def evaluated(*operands: Any, subscripts: str) -> Any:
    """NumPy's sum, by products of matrices where two operands have axes in common."""
    largest = ("greedy", shapes.MAXIMUM_ENTRIES)
    return np.einsum(subscripts, *operands, optimize=largest if len(operands) > 1 else False)[()]


def evaluated_in_rows(*operands: Any, subscripts: str) -> Any:
    terms = read(subscripts, [operand.shape[:-1] for operand in operands])
    row = next(letter for letter in LETTERS if letter not in subscripts)
    text = Terms(tuple(term + row for term in terms.operands), terms.result + row).text
    return evaluated(*batching.whole_rows(operands), subscripts=text)


def ones(node: Node) -> Node:
    return node.graph.constant(1.0).broadcast_to(node.shape)


class Contraction(Gate):
    """Linear in each of its operands, the shares being contractions again."""

    multiplies = True

    def entry_form(self) -> Forward:
        return self.forward

    def pull(self, position: int, upstream: Node, inputs: tuple[Node, ...], out: Node) -> Node | None:
        terms = read(out.settings["subscripts"], [node.shape for node in inputs])
        others = [other for other in range(len(inputs)) if other != position]
        given = Terms((terms.result, *[terms.operands[other] for other in others]), terms.operands[position])
        return self(upstream, *[inputs[other] for other in others], subscripts=given.text)

    def push(self, tangents: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node | None:
        parts = [
            self(*inputs[:position], tangent, *inputs[position + 1 :], **out.settings)
            for position, tangent in enumerate(tangents)
            if tangent is not None
        ]
        return add_up(parts) if parts else None

    def used(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        share = self.pull(position, test, tuple(map(ones, inputs)), out)
        assert share is not None
        return share

    def uses(self, test: Node, position: int, inputs: tuple[Node, ...], out: Node) -> Node:
        terms = read(out.settings["subscripts"], [node.shape for node in inputs])
        own, result = terms.operands[position], terms.result
        ordered = "".join(sorted(result, key=lambda letter: (letter not in own, own.find(letter))))
        shared = ordered[: len({*own} & {*result})]
        summed = permuted(test, [result.index(letter) for letter in ordered]).sum((*range(len(shared), len(result)),))
        shape = inputs[position].shape
        kept = tuple(length if letter in shared else 1 for letter, length in zip(own, shape, strict=True))
        return summed.reshape(kept)

    def moves_entries(self, inputs: tuple[Node, ...]) -> bool:
        return len(inputs) == 1

    def moved(self, tests: Sequence[Node | None], inputs: tuple[Node, ...], out: Node) -> Node:
        moved = self.push(tests, tuple(map(ones, inputs)), out)
        assert moved is not None
        return moved


def known_product(*given: Any) -> Node | None:
    """What has a gate or an operator of its own: a product entry by entry or of matrices, a transpose."""
    *operands, subscripts = given
    terms = read(subscripts, [node.shape for node in operands])
    if {*terms.operands} - {""} <= {terms.result}:
        product: Node = reduce(arithmetic.multiply, operands)
        return product
    if len(operands) == 1:
        return arrays.transpose(*operands) if terms.operands[0] == terms.result[::-1] else None
    if len(operands) > 2 or any(not 1 <= len(term) <= 2 for term in terms.operands):
        return None
    first, second = zip(operands, terms.operands, strict=True)
    return matrix_product(first, second, terms.result) or matrix_product(second, first, terms.result)


def matrix_product(first: tuple[Node, str], second: tuple[Node, str], result: str) -> Node | None:
    """The product of two vectors or matrices in this order, if it is the result."""
    (a, left), (b, right) = first, second
    if left + right == result:
        return linear_algebra.outer(a, b) if len(result) == 2 else None
    added = {*left} & {*right}
    rows, columns = ("".join(letter for letter in term if letter not in added) for term in (left, right))
    if len(added) != 1 or rows + columns != result:
        return None
    return linear_algebra.matmul(a if left[-1] in added else a.transposed(), b if right[0] in added else b.transposed())


contraction: Contraction = Contraction(
    "contraction",
    evaluated,
    over_rows=evaluated_in_rows,
    operands=("x", "*more"),
    attributes={"subscripts": Attribute(as_subscripts, REQUIRED, takes_text=True)},
    shape=rule,
    shortcut=known_product,
    notation=Call("einsum"),
    code={"latex": r"\operatorname{einsum}"},
    hazard=Hazard.ADDS,
    summary="the products of the operands' entries, added over the letters that the result does not have",
    habit="swaps: each operand gets the contraction of the upstream gradient and the others",
    source="linear in each operand; Laue, Mitterreiter & Giesen (2018), Computing Higher Order Derivatives",
    samples=(
        at(PAIR, PAIR[::-1], subscripts="ij,kj->ik"),
        at(CUBE, PAIR, subscripts="ijk,kl->lji"),
        at(CUBE, subscripts="ijk->kij"),
        at(CUBE, (1.0, 2.0, -0.5), PAIR, subscripts="ijk,i,kj->ki"),
    ),
    is_public=False,
)


def permuted(x: Node, places: Sequence[int]) -> Node:
    """The axes in another order: `places` says where each was."""
    letters = LETTERS[: len(places)]
    return contraction(x, subscripts=f"{letters}->{''.join(letters[axis] for axis in places)}")


def with_diagonals(x: Node, term: str) -> tuple[Node, str]:
    """An operand whose letters are distinct: of each two that are equal the diagonal, as every n+1st entry of a row."""
    while len(set(term)) < len(term):
        letter = next(character for character in term if term.count(character) > 1)
        first = term.index(letter)
        second = term.index(letter, first + 1)
        rest = [axis for axis in range(len(term)) if axis not in (first, second)]
        if len(term) == 2 and x.shape[0] == x.shape[1]:
            return arrays.diag(x), letter
        x = permuted(x, (*rest, first, second))
        length = x.shape[-1]
        if x.shape[-2] != length:
            raise ExpressionError(f"'{letter}' stands for the lengths {x.shape[-2]} and {length}", cure="give a square")
        line = x.reshape((*x.shape[:-2], length * length))
        step = Slice(None, None, length + 1)
        x = arrays.index(line, index=(*[arrays.EVERYTHING] * len(rest), step)) if length > 1 else line
        term = "".join(term[axis] for axis in rest) + letter
    return x, term


def expanded(*operands: Node, subscripts: str) -> Node:
    """The sums, the diagonals and the contraction that an einsum is."""
    terms = read(subscripts, [node.shape for node in operands])
    lengths = lengths_of(terms.operands, [node.shape for node in operands])
    given: list[tuple[Node, str]] = []
    for node, term in zip(operands, terms.operands, strict=True):
        x, letters = with_diagonals(node, term)
        repeated = {letter for letter, length in zip(letters, x.shape, strict=True) if length < lengths[letter]}
        x = x.reshape(tuple(length for letter, length in zip(letters, x.shape, strict=True) if letter not in repeated))
        given.append((x, "".join(letter for letter in letters if letter not in repeated)))
    summed = []
    for position, (x, letters) in enumerate(given):
        elsewhere = terms.result + "".join(
            other for other_position, (_, other) in enumerate(given) if other_position != position
        )
        alone = tuple(axis for axis, letter in enumerate(letters) if letter not in elsewhere)
        summed.append((x.sum(alone) if alone else x, "".join(letter for letter in letters if letter in elsewhere)))
    left = Terms(tuple(letters for _, letters in summed), terms.result)
    return contraction(*[x for x, _ in summed], subscripts=left.text)


einsum: Expansion = composition(
    "einsum",
    expanded,
    "products of the operands' entries, added over each letter that is not in the result: "
    'einsum("ij,jk->ik", A, B) is A @ B, einsum("ii", A) is the trace of A',
    operands=("x", "*more"),
    attributes={"subscripts": Attribute(as_subscripts, REQUIRED, takes_text=True)},
    shape=rule,
    source="numpy.einsum",
)
