"""A graph in layers from left to right: which layer each thing stands in, and in which order. Knows no coordinates.

Source: Gansner, Koutsofios, North & Vo, A technique for drawing directed graphs (1993), with longest paths in place of
its network simplex.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from itertools import pairwise

from backprop.autodiff.named_tuple import NamedTuple
from backprop.cli.graph.boxes import Edge
from backprop.cli.status import Failure, Status

SWEEPS = 16  # over all layers, there and back
SETTLINGS = 8
MOST_PASSED = 100_000  # layers that all edges pass together: some seconds


class Layers(NamedTuple):
    """The things of each layer from the top; `paths` has what each edge joins, with a `None`-sized one in each layer
    that it passes. Those are named by numbers, which stand for nothing else.
    """

    order: list[list[str]]
    paths: list[list[str]]


def layers_of(names: Sequence[str], edges: Sequence[Edge]) -> Layers:
    """The layers of a graph whose names are in topological order. Raises Failure where it is too large."""
    rank = ranks(names, edges)
    paths = paths_of(edges, rank)
    order = first_order(names, paths, rank)
    return Layers(without_crossings(order, paths), paths)


def ranks(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each thing: right of all that leads to it, and as near to what it leads to as shortens the edges.

    What a short edge joins moves together.
    """
    leader: dict[str, tuple[str, int]] = {name: (name, 0) for name in names}
    for edge in edges:
        if edge.is_short:
            leading, place = leader[edge.start]
            leader[edge.end] = leading, place + 1
    groups = [name for name in names if leader[name] == (name, 0)]
    into: dict[str, list[tuple[str, int]]] = {name: [] for name in groups}
    out: dict[str, list[tuple[str, int]]] = {name: [] for name in groups}
    for edge in edges:
        if not edge.is_short:
            (tail, before), (head, behind) = leader[edge.start], leader[edge.end]
            least = before + 1 - behind  # layers from the one leader to the other
            into[head].append((tail, least))
            out[tail].append((head, least))
    rank = dict.fromkeys(groups, 0)
    for name in groups:
        rank[name] = max([rank[tail] + least for tail, least in into[name]], default=0)
    for _ in range(SETTLINGS):
        before_it = dict(rank)
        for name in reversed(groups):
            if len(out[name]) > len(into[name]):
                rank[name] = min(rank[head] - least for head, least in out[name])
        for name in groups:
            if len(into[name]) > len(out[name]):
                rank[name] = max(rank[tail] + least for tail, least in into[name])
        if rank == before_it:
            break
    first = min(rank.values(), default=0)
    return {name: rank[leader[name][0]] + leader[name][1] - first for name in names}


def paths_of(edges: Sequence[Edge], rank: Mapping[str, int]) -> list[list[str]]:
    passed = sum(rank[edge.end] - rank[edge.start] - 1 for edge in edges)
    if passed > MOST_PASSED:
        raise Failure(
            "the graph is too large for the layout that needs no Graphviz",
            "install Graphviz, or write .dot or .mmd, which need no layout",
            Status.WRONG_DATA,
        )
    paths, number = [], 0
    for edge in edges:
        length = rank[edge.end] - rank[edge.start] - 1
        paths.append([edge.start, *map(str, range(number, number + length)), edge.end])
        number += length
    return paths


def first_order(names: Sequence[str], paths: Sequence[Sequence[str]], rank: Mapping[str, int]) -> list[list[str]]:
    """Each layer in the order in which a walk back from the ends comes by, operands in the order of the edges."""
    leading: dict[str, list[Sequence[str]]] = {name: [] for name in names}
    for path in paths:
        leading[path[-1]].append(path)
    order: list[list[str]] = [[] for _ in range(max(rank.values(), default=0) + 1)]
    seen: set[str] = set()
    for last in reversed(names):
        waiting = [last]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            order[rank[name]].append(name)
            for path in leading[name]:
                for place, passed in enumerate(path[1:-1], 1):
                    order[rank[path[0]] + place].append(passed)
            waiting += [path[0] for path in reversed(leading[name])]
    return order


def without_crossings(order: list[list[str]], paths: Sequence[Sequence[str]]) -> list[list[str]]:
    """The best order that sweeping there and back finds, each layer sorted by the medians of its neighbours."""
    before: dict[str, list[str]] = {}
    behind: dict[str, list[str]] = {}
    for path in paths:
        for tail, head in pairwise(path):
            before.setdefault(head, []).append(tail)
            behind.setdefault(tail, []).append(head)
    best, fewest = order, crossings(order, behind)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        order = [list(layer) for layer in order]
        neighbours = before if sweep % 2 == 0 else behind
        pairs = list(pairwise(order))
        for fixed, free in pairs if sweep % 2 == 0 else [(right, left) for left, right in reversed(pairs)]:
            place = {name: float(index) for index, name in enumerate(fixed)}
            sort_by_medians(free, {name: sorted(place[other] for other in neighbours.get(name, ())) for name in free})
        count = crossings(order, behind)
        if count < fewest:
            best, fewest = order, count
    return best


def sort_by_medians(layer: list[str], places: Mapping[str, Sequence[float]]) -> None:
    """Sort a layer; what has no neighbour there stays where it is."""
    movable = [name for name in layer if places[name]]
    movable.sort(key=lambda name: median(places[name]))
    following = iter(movable)
    layer[:] = [next(following) if places[name] else name for name in layer]


def median(places: Sequence[float]) -> float:
    middle = len(places) // 2
    return places[middle] if len(places) % 2 else (places[middle - 1] + places[middle]) / 2


def crossings(order: Sequence[Sequence[str]], behind: Mapping[str, Sequence[str]]) -> int:
    """How many pairs of edges cross between neighbouring layers."""
    count = 0
    for left, right in pairwise(order):
        place = {name: index for index, name in enumerate(right)}
        ends: list[int] = []
        for name in left:
            reached = sorted(place[other] for other in behind.get(name, ()))
            count += sum(len(ends) - bisect_right(ends, end) for end in reached)
            for end in reached:
                insort(ends, end)
    return count
