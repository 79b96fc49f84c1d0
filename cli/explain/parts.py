"""What an explanation says of a part: the share of the gradient that a gate passes to one of its operands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from backprop.autodiff import shapes
from backprop.autodiff.graph import Node
from backprop.autodiff.lazy_numpy import np
from backprop.cli.explain.formulas import Formula
from backprop.cli.explain.notations import EQUALS, MAXIMUM_RULE, PLAIN, Code, Line, Notation, Piece, Quantity
from backprop.cli.explain.steps import Explanation, Given, Term
from backprop.cli.output.numbers import MAXIMUM_WHOLE

MAXIMUM_CHOSEN = 8  # entries that are named


def part_line(explanation: Explanation, part: Term, notation: Notation = PLAIN) -> Line:
    """`to n1: d(n1 * z)/dn1 = z, so df * z = 1 * -4 = -4`."""
    start = beginning(explanation, part, Code(notation.label(part.operand)))
    gained = Quantity(part.nodes.value, part.value, "gradient")
    if not part.is_taken:
        return (*start, *explanation.say("the branch is not taken, so exactly "), gained)
    if part.choice is not None and part.local_rule is None and part.share is not None:  # of the entries of an array
        return (*start, *routed(explanation, part, part.choice, notation), gained)
    line = [*start, *rule(explanation, part, notation)]
    is_long = part.choice is not None or (part.local_rule is not None and len(part.local_rule.text) > MAXIMUM_RULE)
    if part.is_product and part.local_rule is not None and is_long:
        upstream_name = Code(notation.derivative(source_of(explanation, part), explanation.symbols))
        line += [*explanation.say("{0} times that", upstream_name), EQUALS]
    elif part.share is not None:
        line += [Code(notation.formula(part.share)), EQUALS]
        if not part.is_product and len(part.share.text) <= MAXIMUM_RULE:
            line += numbers_of(part.share, part.given, notation)
    if part.is_product and part.local is not None:
        upstream = Quantity(part.nodes.upstream, part.upstream, "gradient")
        local = Quantity(part.nodes.local, part.local, "local", True)
        sign = notation.entrywise if np.ndim(part.value) else notation.times
        line += [upstream, Code(sign), local, EQUALS]
    return (*line, gained, *shapes_of(explanation, part), *sums_of(explanation, part))


def beginning(explanation: Explanation, part: Term, label: Code) -> Line:
    """`to x: `, or `to x, operand 2: ` of a gate that takes x more than once."""
    if part.ordinal:
        text = "from {0}, operand {1}: " if explanation.is_tangent else "to {0}, operand {1}: "
        return explanation.say(text, label, str(part.ordinal))
    return explanation.say("from {0}: " if explanation.is_tangent else "to {0}: ", label)


def sums_of(explanation: Explanation, part: Term) -> Iterator[Piece]:
    """What no product of the numbers shows: a broadcast undone, a branch not taken."""
    if part.local is not None and np.size(part.value) != np.size(part.upstream):
        yield from explanation.say(", summed over what was broadcast")
    if is_screened(part):
        yield from explanation.say(", exactly 0 where the branch is not taken")


def source_of(explanation: Explanation, part: Term) -> str:
    """The label of the node whose derivative is the upstream one."""
    return part.operand if explanation.is_tangent else part.user


def is_screened(part: Term) -> bool:
    """Whether a branch not taken kept inf or nan out of the numbers: 0 stands where the formula would not be 0."""
    if part.local is None or part.is_product:
        return False
    with np.errstate(all="ignore"):
        is_lost = np.logical_not(np.isfinite(part.upstream * part.local))
    is_kept = np.isfinite(part.value)
    if np.shape(is_lost) == np.shape(is_kept):
        return bool(np.any(is_lost & is_kept))
    return bool(np.any(is_lost) and np.all(is_kept))


def rule(explanation: Explanation, part: Term, notation: Notation) -> Iterator[Piece]:
    """The local derivative as a formula."""
    if part.local_rule is None:
        return
    if part.ordinal:
        yield from explanation.say("local gradient")
    else:
        whole = notation.formula(part.rule)
        whole = whole if len(part.rule.text) <= MAXIMUM_RULE else notation.label(part.user)
        yield Code(notation.local(whole, part.operand, explanation.symbols))
    if part.choice is not None:
        yield from chosen(explanation, part, notation)
    else:
        yield " " if part.ordinal else EQUALS
        yield Code(notation.formula(part.local_rule))
    yield from explanation.say(", so ")


def chosen(explanation: Explanation, part: Term, notation: Notation) -> Iterator[Piece]:
    """` = 1, z is the larger`: which operand's value the gate takes, in place of a formula of comparisons."""
    assert part.choice is not None
    if explanation.is_live or not part.chosen or part.local is None:
        text = " is 1 where {0} is {1}, less at a tie, and 0 elsewhere"
        yield from explanation.say(text, Code(notation.label(part.operand)), explanation.say(part.choice))
        return
    yield " " if part.ordinal else EQUALS
    yield Quantity(part.nodes.local, part.local, "local")
    text = ", {0} is {1}" if len(part.chosen) == 1 else ", {0} are tied"
    yield from explanation.say(text, listed(explanation, part.chosen, notation), explanation.say(part.choice))


def routed(explanation: Explanation, part: Term, choice: str, notation: Notation) -> Line:
    """`v[1] is the largest, so dn1 goes there: `: which entries' value the gate takes."""
    chosen = part.chosen
    upstream = Code(notation.derivative(source_of(explanation, part), explanation.symbols))
    if explanation.is_live or not 0 < len(chosen) <= MAXIMUM_CHOSEN:
        text = "{0} goes where {1} is {2}, shared equally at a tie: "
        if explanation.is_tangent:
            text = "{0} where {1} is {2}, the mean at a tie: "
        return explanation.say(text, upstream, Code(notation.label(part.operand)), explanation.say(choice))
    names = listed(explanation, chosen, notation)
    if len(chosen) == 1:
        text = "{0} is {1}, so {2} counts there: " if explanation.is_tangent else "{0} is {1}, so {2} goes there: "
        return explanation.say(text, names, explanation.say(choice), upstream)
    text = "{0} are tied, so each gets its share of {1}: "
    if explanation.is_tangent:
        text = "{0} are tied, so {1} counts there with its mean: "
    return explanation.say(text, names, upstream)


def listed(explanation: Explanation, words: Sequence[str], notation: Notation) -> Line:
    """`x, y and z`."""
    names: list[Line] = [(Code(notation.label(word)),) for word in words]
    return (*joined(names[:-1], (", ",)), *explanation.say(" and "), *names[-1]) if names[1:] else names[0]


def joined(lines: Sequence[Line], between: Line) -> Line:
    return tuple([piece for place, line in enumerate(lines) for piece in (*(between if place else ()), *line)])


def shapes_of(explanation: Explanation, part: Term) -> Iterator[Piece]:
    """`, shapes (2, 2) = (2) by (2)`: where a part is not formed entry by entry of arrays of its own shape."""
    if part.share is None:
        return
    own = np.shape(part.value)
    factors = part.share.shapes
    is_entrywise = part.local is not None or len(factors) < 2 or not own
    if is_entrywise and all(shape == own for shape in factors):
        return
    words = [shape_word(explanation, shape) for shape in (own, *factors)]
    text = ", shapes {0} = {1}" if len(factors) > 1 else ", shape {0} from {1}"
    yield from explanation.say(text, words[0], joined(words[1:], explanation.say(" by ")))


def shape_word(explanation: Explanation, shape: shapes.Shape) -> Line:
    return (shapes.show(shape),) if shape else explanation.say("scalar")


def numbers_of(formula: Formula, given: Mapping[Node, Given], notation: Notation) -> Line:
    """The formula with numbers and an equals sign, where there are some and they are few."""
    present = {symbol: given[symbol] for symbol in formula.nodes if symbol in given}
    if not present or any(np.size(number.value) > MAXIMUM_WHOLE for number in present.values()):
        return ()
    return (*notation.with_numbers(formula, present), EQUALS)
