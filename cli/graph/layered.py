"""A layout of our own, where Graphviz is missing: layers from left to right, heights, and curves in the gaps.

Boxes never overlap, and no curve runs through a box: an edge has a height of its own in each layer that it passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from backprop.cli.graph.boxes import MARGIN, Box, Curve, Edge, Layout, Size
from backprop.cli.graph.layers import Layers, layers_of

PASSED = Size(0, 8)  # an edge in a layer that it passes
ABOVE, GAP = 10, 18  # pixels between neighbours in a layer, and between layers
WIDER = 0.12  # of the height that an edge climbs in a gap, by which it is wider, up to
WIDEST = 72
SWEEPS = 12
STRAIGHT = 8.0  # how much more an edge that passes layers weighs than one that ends
SIDE = math.radians(65)  # from the left of a circle, within which edges end
APART = math.radians(24)  # between the ends of edges at a circle


def laid_out(sizes: Mapping[str, Size], edges: Sequence[Edge]) -> Layout:
    """The layout of things of these sizes, whose names are in topological order. Raises Failure for too many."""
    layers = layers_of(list(sizes), edges)
    size = {name: sizes.get(name, PASSED) for layer in layers.order for name in layer}
    height = heights(layers, size)
    left, right = columns_of(layers, size, height)
    boxes = {}
    for index, layer in enumerate(layers.order):
        for name in layer:
            if name in sizes:
                middle = (left[index] + right[index]) / 2
                boxes[name] = Box(middle, height[name], sizes[name].width, sizes[name].height)
    rank = {name: index for index, layer in enumerate(layers.order) for name in layer}
    ends = ends_of(layers, sizes, boxes, height)
    curves: dict[tuple[str, str], list[Curve]] = {}
    for number, path in enumerate(layers.paths):
        tail = boxes[path[0]]
        points = [(tail.x + tail.width / 2, tail.y), (right[rank[path[0]]], tail.y)]
        for name in path[1:-1]:
            points += [(left[rank[name]], height[name]), (right[rank[name]], height[name])]
        points += [(left[rank[path[-1]]], ends[number][1]), ends[number]]
        curves.setdefault((path[0], path[-1]), []).append(curve_through(points))
    width = max(right, default=0.0) + MARGIN
    bottom = max([box.y + box.height / 2 for box in boxes.values()], default=0.0)
    lowest = max([bottom, *(height[name] for path in layers.paths for name in path)])
    return Layout(width, lowest + MARGIN, boxes, curves)


def heights(layers: Layers, size: Mapping[str, Size]) -> dict[str, float]:
    """The middle of each thing: as near to its neighbours' as the order in its layer and the room allow."""
    neighbours: dict[str, list[tuple[str, float]]] = {name: [] for layer in layers.order for name in layer}
    for path in layers.paths:
        for place, (tail, head) in enumerate(pairwise(path)):
            weight = STRAIGHT if 0 < place < len(path) - 2 else 1.0
            neighbours[tail].append((head, weight))
            neighbours[head].append((tail, weight))
    height: dict[str, float] = {}
    for layer in layers.order:
        height |= dict(zip(layer, placed(layer, size, [0.0] * len(layer), [1.0] * len(layer)), strict=True))
    for sweep in range(SWEEPS):
        for layer in layers.order if sweep % 2 == 0 else reversed(layers.order):
            wanted, weights = [], []
            for name in layer:
                near = neighbours[name]
                weight = sum(weight for _, weight in near)
                wanted.append(sum(height[other] * part for other, part in near) / weight if near else height[name])
                weights.append(weight or 0.01)
            height |= dict(zip(layer, placed(layer, size, wanted, weights), strict=True))
    top = min([height[name] - size[name].height / 2 for name in height], default=0.0)
    return {name: middle - top + MARGIN for name, middle in height.items()}


def placed(
    layer: Sequence[str], size: Mapping[str, Size], wanted: Sequence[float], weights: Sequence[float]
) -> list[float]:
    """The heights nearest to those that are wanted, by least squares, at which no two of a layer come too near.

    Less what stands above each, they have to rise: neighbours that would not are pooled at their mean.
    """
    above, offsets = 0.0, []
    for index, name in enumerate(layer):
        if index:
            above += (size[layer[index - 1]].height + size[name].height) / 2 + ABOVE
        offsets.append(above)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] >= mean:
            other, heavier, more = pools.pop()
            mean = (mean * weight + other * heavier) / (weight + heavier)
            weight, count = weight + heavier, count + more
        pools.append((mean, weight, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def columns_of(
    layers: Layers, size: Mapping[str, Size], height: Mapping[str, float]
) -> tuple[list[float], list[float]]:
    """The left and the right side of each layer; a gap is wider where edges climb in it."""
    climbs = [0.0] * len(layers.order)
    rank = {name: index for index, layer in enumerate(layers.order) for name in layer}
    for path in layers.paths:
        for tail, head in pairwise(path):
            climbs[rank[head]] = max(climbs[rank[head]], abs(height[head] - height[tail]))
    left, right = [], []
    x = float(MARGIN)
    for index, layer in enumerate(layers.order):
        x += min(GAP + WIDER * climbs[index], WIDEST) if index else 0.0
        left.append(x)
        x += max([size[name].width for name in layer], default=0.0)
        right.append(x)
    return left, right


def ends_of(
    layers: Layers, sizes: Mapping[str, Size], boxes: Mapping[str, Box], height: Mapping[str, float]
) -> list[tuple[float, float]]:
    """Where each edge ends: at the left side of a box, or around the left of a circle in the order of the heights."""
    arriving: dict[str, list[int]] = {}
    for number, path in enumerate(layers.paths):
        arriving.setdefault(path[-1], []).append(number)
    ends = [(0.0, 0.0)] * len(layers.paths)
    for name, numbers in arriving.items():
        box, radius = boxes[name], boxes[name].width / 2
        if not sizes[name].is_round:
            for number in numbers:
                ends[number] = (box.x - radius, box.y)
            continue
        numbers.sort(key=lambda number: height[layers.paths[number][-2]])
        apart = min(APART, 2 * SIDE / max(len(numbers) - 1, 1))
        least = -SIDE
        for place, number in enumerate(numbers):
            angle = math.atan2(height[layers.paths[number][-2]] - box.y, radius + GAP + WIDEST)
            angle = min(max(angle, least), SIDE - apart * (len(numbers) - 1 - place))
            ends[number] = (box.x - radius * math.cos(angle), box.y + radius * math.sin(angle))
            least = angle + apart
    return ends


def curve_through(points: Sequence[tuple[float, float]]) -> Curve:
    """A curve through points that is level at each of them."""
    curve = [points[0]]
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (x + to_x) / 2
        curve += [(middle, y), (middle, to_y), (to_x, to_y)]
    return curve
