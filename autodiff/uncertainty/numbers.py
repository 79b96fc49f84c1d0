"""The arrays of this room, as types."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Vector: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]  # an entry for each entry of the uncertain inputs
Matrix: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
