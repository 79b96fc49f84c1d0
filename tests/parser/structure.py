"""The shape of an expression's graph as nested tuples: names, numbers and (gate, operands ..., {settings})."""

import numpy as np

from backprop.parser import parse


def structure(node):
    """The node and all below it; equal for equal expressions, whatever graph they are in. For small graphs only."""
    if node.is_constant:
        return node.name or np.asarray(node.attributes[0]).tolist()
    if node.name is not None:
        return node.name
    settings = [node.settings] if node.attributes else []
    return (node.gate.name, *[structure(one) for one in node.inputs], *settings)


def structure_of(text):
    return structure(parse(text).result)
