"""What a number may be that is not finite."""

from __future__ import annotations

import numpy as np

KINDS = (("inf", np.isposinf), ("-inf", np.isneginf), ("nan", np.isnan))
