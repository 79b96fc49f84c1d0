"""Fifteen expressions whose pictures were looked at in both themes, and in both directions."""

from __future__ import annotations

import numpy as np

CHAIN = "x"
for _ in range(40):
    CHAIN = f"tanh(w*{CHAIN}+b)"

W1 = np.array([[0.1, 0.5], [-0.3, 0.8], [0.7, -0.2]])
GALLERY = {
    "lecture": ("(x+y)*z", {"x": -2.0, "y": 5.0, "z": -4.0}),
    "sigmoid": (
        "1/(1+exp(-(w0*x0+w1*x1+w2)))",
        {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0},
    ),
    "vector": ("q = W@x; f = sum(q^2)", {"W": W1[:2], "x": np.array([0.2, 0.4])}),
    "network": (
        "h = tanh(W1@x + b1); s = W2@h + b2; -log_softmax(s)[0]",
        {"W1": W1, "b1": np.zeros(3), "W2": W1.T, "b2": np.array([0.1, -0.1]), "x": np.array([1.0, -2.0])},
    ),
    "chain": (CHAIN, {"x": 1.0, "w": 0.5, "b": 0.1}),
    "reuse": ("a = x*y; a + sin(a) - x", {"x": 1.0, "y": 2.0}),
    "branch": ("where(x > 0, x^2, -y)", {"x": 1.0, "y": 2.0}),
    "max": ("max(x, y) + min(x, 3)*maximum(y, z)", {"x": 1.0, "y": 2.0, "z": -2.0}),
    "minus": ("-(x - y) - -x", {"x": 0.0, "y": 0.0}),
    "parameter": ("w*x + w^2*y + sin(w) + exp(w)/w", {"w": 0.5, "x": 1.0, "y": -1.0}),
    "long_names": (
        "learning_rate*sum(relu(inputs_of_layer - threshold_value))",
        {"learning_rate": 1e-3, "inputs_of_layer": np.array([1.0, 2.0, 3.0]), "threshold_value": 1.5},
    ),
    "reductions": ("mean(X, axis=0)@y + logsumexp(X[0])", {"X": W1, "y": np.array([1.0, -1.0])}),
    "matrix": ("trace(inv(A)@A.T) + det(A)", {"A": np.array([[2.0, 1.0], [0.5, 3.0]])}),
    "polynomial": ("x^4 - 3*x^3 + 2*x - 7", {"x": 1.25}),
    "loss": ("sum((y - (a*t + c))^2)/3", {"y": np.arange(3.0), "t": np.arange(3.0), "a": 0.5, "c": 0.25}),
}
