"""Random expressions mean what Python's own parser says they mean, and both refuse the same ones."""

import ast
from random import Random

from backprop.parser import ExpressionError

from .structure import structure_of

GATES = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Mod: "mod",
    ast.FloorDiv: "floordiv",
    ast.Pow: "pow",
    ast.MatMult: "matmul",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
    ast.And: "and",
    ast.Or: "or",
}
OPERATORS = ["+", "-", "*", "/", "%", "//", "**", "@", "<", "<=", ">", ">=", "==", "!=", "and", "or"]


class Foreign(Exception):
    """Python reads a call, a tuple or another thing that is not of the language."""


def python_structure(tree):
    """What `structure` gives for the same expression."""
    match tree:
        case ast.Name(name):
            return name
        case ast.Constant(int(value)):
            return float(value)
        case ast.BinOp(left, operator, right):
            return (GATES[type(operator)], python_structure(left), python_structure(right))
        case ast.UnaryOp(ast.USub(), ast.Constant(int(value))):
            return -float(value)
        case ast.UnaryOp(ast.USub(), operand):
            return ("neg", python_structure(operand))
        case ast.UnaryOp(ast.UAdd(), operand):
            return python_structure(operand)
        case ast.UnaryOp(ast.Not(), operand):
            return ("not", python_structure(operand))
        case ast.BoolOp(operator, [first, *rest]):
            found = python_structure(first)
            for one in rest:
                found = (GATES[type(operator)], found, python_structure(one))
            return found
        case ast.Compare(left, operators, rest):
            links = [
                (GATES[type(operator)], python_structure(one), python_structure(other))
                for operator, one, other in zip(operators, [left, *rest], rest, strict=False)
            ]
            found = links[0]
            for link in links[1:]:
                found = ("and", found, link)
            return found
        case ast.IfExp(test, taken, otherwise):
            return ("where", python_structure(test), python_structure(taken), python_structure(otherwise))
    raise Foreign


def token_list(random):
    """Operands with operators between them, signs before and brackets around some; now and then a wrong token."""
    tokens = []
    for place in range(random.randint(1, 8)):
        if place:
            tokens += random.choice([*[[one] for one in OPERATORS], ["if", "c", "else"]])
        tokens += random.choices(["-", "+", "not", "("], k=random.randint(0, 2))
        tokens.append(random.choice(["x", "y", "z", "2", "3"]))
        tokens += [")"] * random.randint(0, tokens.count("(") - tokens.count(")"))
    tokens += [")"] * (tokens.count("(") - tokens.count(")"))
    if random.randrange(10) == 0:
        place = random.randint(0, len(tokens))
        tokens[place:place] = [random.choice([*OPERATORS, "if", "else", "not", "(", ")"])]
    return tokens


def test_same_meaning_as_in_python():
    random = Random(1)
    for text in (" ".join(token_list(random)) for _ in range(3000)):
        try:
            expected = python_structure(ast.parse(text, mode="eval").body)
        except (SyntaxError, Foreign):
            expected = None
        try:
            found = structure_of(text.replace("**", "^"))
        except ExpressionError:
            found = None
        assert normal(found) == normal(expected), text


def normal(tree):
    """With every negative of a number as one number: the parser makes that of `-2` but not of `-(2)` and `--2`."""
    if not isinstance(tree, tuple):
        return tree
    gate, *operands = tree
    operands = [normal(one) for one in operands]
    return -operands[0] if gate == "neg" and isinstance(operands[0], float) else (gate, *operands)
