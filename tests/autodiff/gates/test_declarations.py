"""The gate table as declarations: nothing missing, every name meaning one thing."""

from collections import Counter

import numpy as np
import pytest

from backprop.autodiff.declaration.gate import Corner, at
from backprop.autodiff.declaration.kinds import Elementwise
from backprop.autodiff.gates import FAMILIES, FUNCTIONS, GATES, OPERATORS

from ...cases import as_one_test
from ..checks import holes
from ..oracles import ORACLES

LANGUAGE = [
    "abs", "sign", "floor", "ceil", "round", "sqrt", "cbrt", "square", "exp", "exp2", "expm1", "log", "ln",
    "log2", "log10", "log1p", "sin", "cos", "tan", "sec", "csc", "cot", "asin", "acos", "atan", "arcsin",
    "arccos", "arctan", "atan2", "arctan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "arcsinh",
    "arccosh", "arctanh", "hypot", "minimum", "maximum", "clip", "where", "sinc", "sigmoid", "logistic",
    "xlogy", "logsigmoid", "logaddexp", "lognormcdf", "logerfc", "integral", "root", "argmin",
    "logit", "softplus", "softsign", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "mish",
    "hard_tanh", "hard_sigmoid", "maxout", "erf", "erfc", "normcdf", "normpdf", "gamma", "lgamma", "digamma",
    "deg2rad", "rad2deg", "sum", "prod", "mean", "var", "std", "min", "max", "norm", "logsumexp", "softmax",
    "log_softmax", "cumsum", "dot", "outer", "matmul", "transpose", "trace", "det", "inv", "logdet", "solve",
    "sech", "csch", "coth", "asec", "acsc", "acot", "asech", "acsch", "acoth", "arcsec", "arccsc", "arccot", "arcsech",
    "arccsch", "arccoth", "trunc", "exprel", "sinhc", "erfinv", "norminv", "ndtri", "probit", "normppf", "lambertw",
    "j0", "j1", "jn", "jv", "y0", "y1", "yn", "yv", "i0", "i1", "iv", "k0", "k1", "kn", "kv",
    "gammainc", "gammaincc", "betainc", "beta", "lbeta", "betaln", "lnbeta", "binom", "binomial",
    "diag", "eye", "zeros", "ones", "linspace", "arange", "concat", "stack", "reshape",
    "entry", "one_hot", "sort", "ranks",
]  # fmt: skip
# The derivatives of digamma and sinc: named, so that a printed derivative can be read again.
NAMED_DERIVATIVES = [
    "betainc_derivative",
    "cofactor",
    "exprel_derivative",
    "gammainc_derivative",
    "logerfc_derivative",
    "lognormcdf_derivative",
    "polygamma",
    "product_of_others",
    "sinc_derivative",
    "sinhc_derivative",
    "sort_by",
    "unsort_by",
]


def declaration(**changes):
    fields = {"summary": "x", "habit": "passes", "source": "by definition", "samples": (at(2.0),), **changes}
    return Elementwise("planted", np.positive, lambda x, out: 1, **fields)


@as_one_test("gate", GATES, ids=lambda gate: gate.name)
def test_no_declaration_has_a_hole(gate):
    assert holes(gate) == []


@pytest.mark.parametrize(
    "changes, complaint",
    [
        ({"summary": ""}, "no summary"),
        ({"habit": " "}, "no habit"),
        ({"source": ""}, "no source"),
        ({"samples": ()}, "no samples"),
        ({"samples": (at(1.0, 2.0),)}, "2 operands"),
        ({"samples": (at(1.0, axis=0),)}, "unknown attributes"),
        ({"corners": (Corner((0.0, 0.0), 0.0, (0.0, 0.0)),)}, "2 operands"),
        ({"corners": (Corner((0.0,), 0.0, (0.0, 0.0)),)}, "2 gradients for 1 operands"),
    ],
)
def test_a_declaration_with_a_hole_is_refused(changes, complaint):
    assert holes(declaration()) == []
    (found,) = holes(declaration(**changes))
    assert complaint in found


@as_one_test("name", [*LANGUAGE, *NAMED_DERIVATIVES])
def test_every_function_of_the_language_can_be_called(name):
    assert FUNCTIONS[name]


def test_nothing_but_the_language_can_be_called():
    computed = {name for name, gates in FUNCTIONS.items() if gates[0].expand is None}
    assert computed == {*LANGUAGE, *NAMED_DERIVATIVES}


def test_gate_names_are_unique_among_gates_that_are_no_function():
    counted = Counter(gate.name for gate in GATES)
    assert [name for name, times in counted.items() if times > 1] == []


@as_one_test("name", sorted(FUNCTIONS))
def test_a_name_means_one_gate_for_every_number_of_operands(name):
    for count in range(12):
        fitting = [
            gate
            for gate in FUNCTIONS[name]
            if gate.called == gate.name  # another form is meant by what is named, or by a number that no gate takes
            and gate.least_operands <= count
            and (gate.most_operands is None or count <= gate.most_operands)
        ]
        assert len(fitting) <= 1


def test_a_family_lists_each_of_its_gates_once():
    assert Counter(GATES) == Counter(gate for family in FAMILIES.values() for gate in family)
    assert max(Counter(GATES).values()) == 1


def test_operators_are_gates_of_the_table():
    assert set(OPERATORS.values()) <= set(GATES)
    assert all(gate.is_public for gate in OPERATORS.values())


def test_every_entrywise_gate_has_an_oracle_and_every_oracle_a_gate():
    assert {gate.name for gate in GATES if gate.has_local} == set(ORACLES)


@as_one_test("gate", [gate for gate in GATES if not gate.is_public], ids=lambda gate: gate.name)
def test_a_hidden_gate_cannot_be_called(gate):
    assert not gate.is_function
    assert all(gate not in gates for gates in FUNCTIONS.values())


@as_one_test("gate", GATES, ids=lambda gate: gate.name)
def test_what_binds_looser_than_a_call_says_so(gate):
    assert set(gate.code) <= {"math", "latex"}
    written = gate.code.get("latex")
    assert not isinstance(written, str) or (written.startswith(("\\", "I_")) and "cases" not in written)


@as_one_test("gate", GATES, ids=lambda gate: gate.name)
def test_defaults_belong_to_the_last_operands(gate):
    given = [name in gate.defaults for name in gate.operands]
    assert set(gate.defaults) <= set(gate.operands)
    assert given == sorted(given)
