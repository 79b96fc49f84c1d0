"""Published formulas through the parser and the passes, against SymPy's derivatives at 50 digits."""

from __future__ import annotations

import random

import sympy

from backprop.autodiff import value_and_grad
from backprop.autodiff.evaluation.program import lower
from backprop.autodiff.passes.reverse import adjoints
from backprop.parser import parse

from .cases import as_one_test

# Physics textbooks: Feynman, Lectures on Physics (the formulas that the AI Feynman collection lists).
PHYSICS = [
    "exp(-theta^2/2)/sqrt(2*pi)",
    "exp(-(theta/sigma)^2/2)/(sqrt(2*pi)*sigma)",
    "exp(-((theta-theta1)/sigma)^2/2)/(sqrt(2*pi)*sigma)",
    "sqrt((x2-x1)^2+(y2-y1)^2)",
    "G*m1*m2/((x2-x1)^2+(y2-y1)^2+(z2-z1)^2)",
    "m0/sqrt(1-(v/c)^2)",
    "x1*y1+x2*y2+x3*y3",
    "q1*q2/(4*pi*epsilon*r^2)",
    "q*(Ef+B*v*sin(theta))",
    "m*(v^2+u^2+w^2)/2",
    "G*m1*m2*(1/r2-1/r1)",
    "k*x^2/2",
    "(x-u*t)/sqrt(1-u^2/c^2)",
    "(t-u*x/c^2)/sqrt(1-u^2/c^2)",
    "m0*v/sqrt(1-v^2/c^2)",
    "(u+v)/(1+u*v/c^2)",
    "(m1*r1+m2*r2)/(m1+m2)",
    "r*F*sin(theta)",
    "m*(w^2+w0^2)*x^2/4",
    "q/C",
    "asin(n*sin(theta2))",
    "1/(1/d1+n/d2)",
    "sqrt(x1^2+x2^2-2*x1*x2*cos(theta1-theta2))",
    "I0*sin(n*theta/2)^2/sin(theta/2)^2",
    "asin(lambda_/(n*d))",
    "q^2*a^2/(6*pi*epsilon*c^3)",
    "epsilon*c*Ef^2/2*(8*pi*r^2/3)*(w^4/(w^2-w0^2)^2)",
    "q*v*B/p",
    "w0/(1-v/c)",
    "(1+v/c)/sqrt(1-v^2/c^2)*w0",
    "h/(2*pi)",
    "I1+I2+2*sqrt(I1*I2)*cos(delta)",
    "4*pi*epsilon*(h/(2*pi))^2/(m*q^2)",
    "3/2*p*V",
    "p*V/(gamma_-1)",
    "n*k*T/V",
    "n0*exp(-m*g*x/(k*T))",
    "h*w^3/(pi^2*c^2*(exp(h*w/(k*T))-1))",
    "mu*q*V/d",
    "k*T*log(V2/V1)",
    "sqrt(gamma_*p/rho)",
    "m*c^2/sqrt(1-v^2/c^2)",
    "x1*(cos(w*t)+alpha*cos(w*t)^2)",
    "k*(T2-T1)*A/d",
    "P/(4*pi*r^2)",
    "q/(4*pi*epsilon*r)",
    "3/(4*pi*epsilon)*p*z/r^5*sqrt(x^2+y^2)",
    "sigma/epsilon/(1+chi)",
    "q*Ef/(m*(w0^2-w^2))",
    "n0*exp(p*Ef*cos(theta)/(k*T))",
    "n*p^2*Ef/(3*k*T)",
    "1+n*alpha/(1-n*alpha/3)",
    "1/(4*pi*epsilon*c^2)*2*I/r",
    "rho0/sqrt(1-v^2/c^2)",
    "-mu*B*cos(theta)",
    "sqrt(w^2/c^2-pi^2/d^2)",
    "n0*mu*tanh(mu*B/(k*T))",
    "mu*B/(k*T)+mu*alpha*M/(epsilon*c^2*k*T)",
    "Y*A*x/d",
    "h*w/(exp(h*w/(k*T))-1)",
    "I0*(exp(q*V/(k*T))-1)",
    "2*U*(1-cos(k*d))",
    "beta*(1+alpha*cos(theta))",
    "-m*q^4/(2*(4*pi*epsilon)^2*(h/(2*pi))^2)/n^2",
]
FUNCTIONS = [
    "100*(y-x^2)^2+(1-x)^2",
    "(x^2+y-11)^2+(x+y^2-7)^2",
    "(1.5-x+x*y)^2+(2.25-x+x*y^2)^2+(2.625-x+x*y^3)^2",
    "-20*exp(-0.2*sqrt(0.5*(x^2+y^2)))-exp(0.5*(cos(2*pi*x)+cos(2*pi*y)))+e+20",
    "20+x^2-10*cos(2*pi*x)+y^2-10*cos(2*pi*y)",
    "sin(x+y)+(x-y)^2-1.5*x+2.5*y+1",
    "-cos(x)*cos(y)*exp(-((x-pi)^2+(y-pi)^2))",
    "(x^2+y^2)/4000-cos(x)*cos(y/sqrt(2))+1",
    "(4-2.1*x^2+x^4/3)*x^2+x*y+(-4+4*y^2)*y^2",
    "0.26*(x^2+y^2)-0.48*x*y",
    "sin(3*pi*x)^2+(x-1)^2*(1+sin(3*pi*y)^2)+(y-1)^2*(1+sin(2*pi*y)^2)",
    "(x+2*y-7)^2+(2*x+y-5)^2",
    "0.5+(sin(x^2-y^2)^2-0.5)/(1+0.001*(x^2+y^2))^2",
    "(x-y)^4+sin(x*y)^2*exp(-x^2)",
    "(y-5.1/(4*pi^2)*x^2+5/pi*x-6)^2+10*(1-1/(8*pi))*cos(x)+10",
]
ANTIDERIVATIVES = [
    "x*log(x)-x",
    "x*asin(x/3)+sqrt(9-x^2)",
    "x*atan(x)-log(1+x^2)/2",
    "log(x+sqrt(x^2+4))",
    "atan(x/2)/2",
    "log((x-4)/(x+4))/8",
    "exp(2*x)*(2*sin(3*x)-3*cos(3*x))/13",
    "x^2*exp(x)-2*x*exp(x)+2*exp(x)",
    "x/2-sin(2*x)/4",
    "-log(cos(x/3))",
    "log(tan(x/4+pi/5))",
    "sqrt(x^2-1)-acos(1/x)",
    "x^3*log(x)/3-x^3/9",
    "2*sqrt(x)*log(x)-4*sqrt(x)",
    "x*acosh(x)-sqrt(x^2-1)",
    "x*asinh(x)-sqrt(x^2+1)",
    "log(sinh(x))-x/tanh(x)",
    "sqrt(pi)*erf(x)/2",
    "x*erf(x)+exp(-x^2)/sqrt(pi)",
    "log(x^2+x+1)/2-atan((2*x+1)/sqrt(3))/sqrt(3)",
    "sec(x/3)*tan(x/3)/2+log(sec(x/3)+tan(x/3))/2",
    "x^5*sqrt(1+x^3)*(x^2-2)/15",
    "(1+x)^(x/2)*log(1+x)",
    "atan2(x,2)+hypot(x,3)",
]
SYMPY_NAMES = {
    "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
    "e": sympy.E,
    "pi": sympy.pi,
}


def points(names: list[str], count: int) -> list[dict[str, float]]:
    """Reproducible points at which the formulas are real: v < c, r2 < r1 and so on."""
    generator = random.Random(20)
    ranges = {
        "c": (5.0, 9.0),
        "v": (0.2, 2.0),
        "u": (0.2, 2.0),
        "w0": (3.0, 4.0),
        "n": (0.2, 0.8),
        "lambda_": (0.2, 0.4),
        "w": (11.0, 14.0),
        "d": (3.0, 4.0),
    }
    return [{name: generator.uniform(*ranges.get(name, (1.1, 2.7))) for name in names} for _ in range(count)]


@as_one_test("text", PHYSICS + FUNCTIONS + ANTIDERIVATIVES)
def test_a_published_formula_keeps_twelve_digits(text: str) -> None:
    graph = parse(text)
    symbols = {name: sympy.Symbol(name, real=True) for name in graph.variables}
    truth = sympy.sympify(text.replace("^", "**"), locals={**SYMPY_NAMES, **symbols}, rational=False)
    partials = {name: sympy.diff(truth, symbol) for name, symbol in symbols.items()}
    for point in points(list(symbols), 3):
        if "acos" in text or "log((x-4)" in text:
            point["x"] += 3.5
        exact = {symbols[name]: sympy.Float(sympy.Rational(value), 60) for name, value in point.items()}
        value, gradient = value_and_grad(graph, point)
        assert_close(value, truth, exact, symbols)
        for name, partial in partials.items():
            assert_close(gradient[name], partial, exact, symbols)


@as_one_test("text", PHYSICS + FUNCTIONS + ANTIDERIVATIVES)
def test_the_gradient_costs_at_most_four_values(text: str) -> None:
    """Counted in operations of the compiled program: the cheap gradient principle (Griewank & Walther, 4.5)."""
    typed = parse(text).typed({})
    output, inputs = typed.result, list(typed.inputs.values())
    found = adjoints(typed, output, typed.constant(1.0), inputs).of
    value_alone = len(lower([output]).instructions)
    with_gradient = len(lower([output, *(found[node] for node in inputs if node in found)]).instructions)
    assert with_gradient <= 4 * value_alone


def assert_close(found: float, formula: sympy.Expr, exact: dict[sympy.Symbol, sympy.Float], symbols: dict) -> None:
    """Within 1e-12, or within a few roundings of what the formula's own intermediate sums force."""
    expected = formula.evalf(50, subs=exact)
    assert expected.is_real, f"{formula} is not real here: choose another point"
    error = abs(sympy.Float(found, 50) - expected)
    assert error <= 1e-12 * max(abs(expected), sympy.Float("1e-3")), (found, expected)
