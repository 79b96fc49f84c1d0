"""SciPy's optimisers, each from a start to a vector; exact derivatives throughout. None where SciPy is missing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from backprop.autodiff.optimize.conditions import Region
from backprop.autodiff.optimize.functions import Functions
from backprop.autodiff.optimize.residuals import Vector

MOST = 1000  # iterations


def is_installed() -> bool:
    return find_spec("scipy") is not None


def searched(
    method: str, functions: Functions, region: Region, start: Vector, tell: Callable[[Vector, float], None]
) -> Vector:
    """Where one of SciPy's methods leads."""
    from scipy.optimize import minimize

    settings: dict[str, Any] = {"options": {"maxiter": MOST}}
    if method == "SLSQP":
        settings["options"] = {"ftol": 1e-14, "maxiter": MOST // 4}
    elif method == "L-BFGS-B":
        settings["options"] |= {"ftol": 1e-15, "gtol": 1e-10, "maxfun": 4 * MOST}
    elif method == "trust-constr":
        settings["options"] = {"maxiter": MOST, "gtol": 1e-9, "xtol": 1e-12}
        settings["hess"] = functions.hessian
    if functions.count:
        settings["constraints"] = constraints_for(method, functions, region)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of a step out of bounds, a singular matrix: what comes out is checked
        found = minimize(
            functions.value,
            start,
            method=method,
            jac=functions.gradient,
            bounds=list(zip(region.lower, region.upper, strict=True)),
            callback=lambda vector, *_: tell(np.array(vector), functions.value(vector)),
            **settings,
        )
    vector: Vector = np.clip(np.asarray(found.x, dtype=np.float64), region.lower, region.upper)
    return vector


def constraints_for(method: str, functions: Functions, region: Region) -> Any:
    equal = region.is_equation
    if method == "trust-constr":
        from scipy.optimize import NonlinearConstraint

        return NonlinearConstraint(
            functions.constraints,
            np.zeros(functions.count),
            np.where(equal, 0.0, np.inf),
            jac=functions.jacobian,
            hess=lambda vector, weights: functions.hessian(vector, -weights, 0.0),
        )
    kinds = []
    for kind, chosen in (("eq", equal), ("ineq", ~equal)):
        if chosen.any():
            kinds.append(
                {
                    "type": kind,
                    "fun": lambda vector, chosen=chosen: functions.constraints(vector)[chosen],
                    "jac": lambda vector, chosen=chosen: functions.jacobian(vector)[chosen],
                }
            )
    return kinds


def root_searched(functions: Functions, start: Vector) -> Vector:
    """Where Powell's hybrid method leads, for as many equations as unknowns."""
    from scipy.optimize import root

    found = root(functions.constraints, start, jac=functions.jacobian, method="hybr", options={"xtol": 1e-14})
    return np.asarray(found.x, dtype=np.float64)
