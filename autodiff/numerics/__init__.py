"""Kernels: functions of doubles and arrays of them, each accurate to the last digits. Know no gate and no graph.

A kernel takes and returns an np.float64 for scalars and a float64 array, never 0-d, for arrays. It is called under
`np.errstate(all="ignore")`: inf and nan are results.
"""
