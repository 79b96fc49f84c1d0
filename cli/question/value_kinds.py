"""What a number may be that is not finite."""

from __future__ import annotations

from backprop.autodiff.lazy_numpy import np

KINDS = (("inf", np.isposinf), ("-inf", np.isneginf), ("nan", np.isnan))
