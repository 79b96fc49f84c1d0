r"""What is ambiguous in LaTeX is asked, at its place and with what may be written instead."""

from __future__ import annotations

import pytest

from backprop.parser import ExpressionError, parse_latex
from backprop.parser.diagnostics.rendering import render

from ...cases import each

pytestmark = pytest.mark.smoke

ARRAYS = {"A": (2, 2), "x": (2,), "y": (2,)}
# The text, what is marked of it, the reason and the cure.
QUESTIONS = [
    (
        "f(x)",
        "f(",
        "'f(': a product, or a call of a function?",
        r"a product is written f \cdot (...), and of a function its formula",
    ),
    (
        r"\sigma(x)",
        r"\sigma(",
        r"'\sigma(': a product, or the sigmoid?",
        r"a product is written \sigma \cdot (...), the sigmoid \operatorname{sigmoid}(...)",
    ),
    (
        r"\sin x y",
        r"\sin x y",
        "where does the argument of the function end?",
        r"write brackets around it: \sin(x) y, or \sin(x y)",
    ),
    (
        r"\sin x / y",
        r"\sin x / y",
        "where does the argument of the function end?",
        r"write brackets around it: \sin(x) y, or \sin(x y)",
    ),
    (
        r"\sin \omega \cdot t",
        r"\sin \omega \cdot t",
        "where does the argument of the function end?",
        r"write brackets around it: \sin(x) y, or \sin(x y)",
    ),
    (
        "1/2x",
        "1/2x",
        "does the slash divide by all that follows?",
        r"write \frac{...}{...}, or brackets: a/(b c) or (a/b) c",
    ),
    (
        r"\sin^{-1} x",
        r"\sin",
        r"'\sin^{-1}': the inverse function, or one over it?",
        r"the inverse is \operatorname{asin}(x), one over it \frac{1}{\sin(x)}",
    ),
    (
        r"\operatorname{erf}^{-1} x + \tanh^{-1} x",
        r"\tanh",
        r"'\tanh^{-1}': the inverse function, or one over it?",
        r"the inverse is \operatorname{atanh}(x), one over it \frac{1}{\tanh(x)}",
    ),
    ("e^{i x}", "i", "'i': the imaginary unit, or a variable?", "numbers are real; give a variable another letter"),
    ("2i", "i", "'i': the imaginary unit, or a variable?", "numbers are real; give a variable another letter"),
    (r"\tau x", r"\tau", r"'\tau': 2\pi, or a variable?", r"write 2\pi for the number; a variable has a value, tau=1"),
    ("sin(x)", "sin", "'sin' is 3 letters side by side", r"a function is written \sin"),
    (
        "loss",
        "loss",
        "'loss': a product of 4 letters, or one name?",
        r"a name is written \mathrm{loss}, a product l o s s",
    ),
    (
        r"\mathbf{x} + x",
        "x",
        "two ways to write 'x': one variable, or two?",
        "write it always alike, or give one of them another name",
    ),
    ("|x|y|z|", "|", "which '|' closes here?", r"write \lvert and \rvert"),
    (
        "x^T",
        "x^T",
        "'T': transposed, or to the power of T?",
        r"write ^{\top}, or ^{{T}} for a power; an array needs its value, or --shape x=3 in diff",
    ),
    ("x^23", "23", "'^23' without braces", r"write ^{23}, or ^{2} \cdot 3 for a product"),
    (
        "x^2_0",
        "_",
        "a subscript behind a value",
        "a subscript belongs to a name, before its power: x_{0}^2; of another value the count may begin at 0 or 1",
    ),
    (
        r"\sum_{i=1}^{3} x_i + y_i",
        "y_i",
        "'i' in this subscript is not an index here",
        r"a sum takes the product behind it: \sum_{i=1}^{3} (...) takes all in the brackets",
    ),
    (
        r"\frac{d}{dx} x",
        r"\frac{d}{dx}",
        "a derivative is not read",
        "give the function alone: backprop diff and grad differentiate it",
    ),
    ("x'", "'", "unexpected '''", r"a transpose is written x^{\top}; a derivative is what diff gives"),
    (r"\int x", r"\int", "no differential ends this integral", r"write \, dx behind what is integrated"),
    (
        r"\int_0 x\,dx",
        r"\int",
        "an integral without its two ends",
        r"write \int_{0}^{1}; with a variable end, \int_{0}^{x}, its derivative is what is integrated",
    ),
    (
        r"\int_0^1 2 d x\,dx",
        "dx",
        "which integral ends with 'dx'?",
        r"write it between the same brackets as its \int; where d is a variable, all differentials \mathrm{d}x",
    ),
    (
        r"\int_0^1 x d\,dx",
        r"d\,d",
        "which integral ends with 'dd'?",
        r"write it between the same brackets as its \int; where d is a variable, all differentials \mathrm{d}x",
    ),
    (
        r"\int_0^1 \frac{1 + \mathrm{d}x}{x}",
        r"\mathrm{d}x",
        "which integral ends with 'dx'?",
        r"write it between the same brackets as its \int; where d is a variable, all differentials \mathrm{d}x",
    ),
    *[
        (
            text,
            marked,
            "does the integral end before this?",
            "write the differential last, or brackets around the integral",
        )
        for text, marked in [
            (r"\int_0^1 dx\, x", "x"),
            (r"\int_0^1 \frac{dx}{x} \cdot y", "y"),
            (r"\int_0^1 x\,dx / 2", "2"),
            (r"\int_0^1 dx \int_0^x dy\, y", r"\int_0^x dy"),
        ]
    ],
    (r"\int_0^1 x\,dx^2", "^", "unexpected '^' after 'dx'", "delete it, or write brackets"),
    (
        r"\sum_{i=1}^{2} \int_0^1 1\,dx_i",
        "x_i",
        "the index 'i' cannot be in the name of this variable",
        "write another name",
    ),
    (
        r"\sum_{i=1}^{2} \int_0^1 x_i\,dx_1",
        "x_i",
        "the index makes this 'x_1', the variable of an integral",
        "give it another name",
    ),
    (
        r"\int_0^1 \mathbf{x}\,dx",
        r"\mathbf{x}",
        "two ways to write 'x': one variable, or two?",
        "write it always alike, or give one of them another name",
    ),
    (
        r"\arg\min_x (x^2)",
        r"\arg\min",
        "where does the search begin?",
        r"write \arg\min_{x \approx 1} \left(...\right)",
    ),
    (r"\arg\min_{x \approx 0} (x)^2", "^", "unexpected '^' after ')'", "delete it, or write brackets"),
    (r"\lg x", r"\lg", r"'\lg' is not read", r"\log_{10} or \log_{2}, which is it?"),
    (r"\foo x", r"\foo", r"unknown command '\foo'", r"a function is written \operatorname{foo}"),
    (r"\sine x", r"\sine", r"unknown command '\sine'", r"did you mean \sin?"),
    ("(x", "(", "'(' is never closed", "add ')'"),
    ("x)", ")", "unexpected ')'", "delete it, or open it before"),
    (r"\left(x\right]", "]", "']' cannot close '('", "write ')'"),
    (r"x \cdot -y", "-", r"a sign behind '\cdot'", r"write brackets: \left(- ...\right)"),
    ("x +", "+", "expected a value after '+'", "write a number or a name there"),
    ("", None, "the expression is empty", "write one, such as x^2 + 1"),
    (r"\sin", r"\sin", r"'\sin' has no argument", r"write \sin(x)"),
    ("x = y = 3", "=", "unexpected '='", "name one value, or write [x = y] for 1 where they are equal"),
    ("x, y", ",", "unexpected ','", r"a vector is \begin{pmatrix} x \\ y \end{pmatrix}"),
    (
        "x_{a-b}",
        "x_{a-b}",
        "the subscript 'a-b' is neither a name nor an index",
        "a subscript is part of the name, as in x_{0}, or in a sum its index, as in x_{i} and x_{i+1}",
    ),
    (
        r"\begin{cases} x & x > 0 \end{cases}",
        r"\begin{cases}",
        "what holds in no case?",
        r"end with & \text{otherwise}",
    ),
    (
        r"\begin{tabular} x \end{tabular}",
        r"\begin{tabular}",
        "unknown environment 'tabular'",
        "write pmatrix, bmatrix or cases",
    ),
    (r"\operatorname{foo}(x)", r"\operatorname{foo}", "unknown function 'foo'", "did you mean 'floor'?"),
    (r"\sin(x, y)", "y", "'sin' has too many arguments", "sin takes x"),
    (r"\sum_{i=1}^{n} i", "n", "what 'i' runs over must be constant, and 'n' is a variable", "write a number"),
    (r"x \sim y", r"\sim", r"unexpected '\sim'", "it states a model, for backprop fit"),
    ("x & y", "&", "unexpected '&' after 'x'", "delete it, or write brackets"),
    (
        "\u0455 + \u20ac",
        "\u20ac",
        "unexpected character '\u20ac' (U+20AC EURO SIGN)",
        "delete it, or write a function of the language",
    ),
    (r"\|x\|_3", r"\|_3", "a norm with '3' below", r"the orders are 1, 2 and \infty; \|A\| is Frobenius'"),
]
OF_ARRAYS = [
    (
        "x y",
        "x y",
        "a product of two vectors",
        r"x^{\top} y is a number, x y^{\top} a matrix, and x \odot y is entry by entry",
    ),
    (
        "A^{-1}",
        "A^{-1}",
        "a power of a matrix: of the matrix, or of each entry?",
        r"the inverse is \operatorname{inv}(A), one over each entry \frac{1}{A}",
    ),
    (
        "A^2",
        "A^2",
        "a power of a matrix: of the matrix, or of each entry?",
        r"write A A for the one, A \odot A for the other",
    ),
    ("x A", "x A", "a column before a matrix, or a row behind one", r"write x^{\top} A, or A x"),
    (r"\|A\|_2", r"\|A\|_2", "the spectral norm of a matrix", r"\|A\| is Frobenius'"),
]


def test_a_question_has_its_place_and_says_what_to_write():
    for text, marked, reason, cure in each(QUESTIONS):
        assert asked(text, {}) == (marked, reason, cure)
    for text, marked, reason, cure in each(OF_ARRAYS):
        assert asked(text, ARRAYS) == (marked, reason, cure)


def asked(text, shapes):
    with pytest.raises(ExpressionError) as caught:
        parse_latex(text, shapes)
    error = caught.value
    assert all(line.isprintable() for line in render(error).split("\n"))
    return text[slice(*error.span)] if error.span else None, error.reason, error.cure
