"""Which entries of some results may depend on which entries of some inputs, from the graph alone: no number is known.

The entries of the inputs are numbered from 1, and the numbers travel from node to node: as arrays of a node's shape,
which a gate that moves entries moves like any others (strands), or where such an array would be mostly gaps, as a list
(links). What a gate does is read from its declaration: it works entry by entry, it moves entries, or `uses` says what
its result uses, in a graph that is followed alike. Of a gate that says nothing, each entry uses all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from backprop.autodiff.declaration.gate import Gate
from backprop.autodiff.evaluation.program import needed
from backprop.autodiff.graph import Node
from backprop.autodiff.named_tuple import NamedTuple
from backprop.autodiff.shapes import Shape

MOST_STRANDS = 24  # of a node: more are kept as links
FEW_ENTRIES = 32  # of a node, which is quicker to follow by links
MOST_REPEATED = 4  # numbers of a scalar that become strands where it is broadcast
MOST_LINKS = 2**25  # of a node
SAMPLED = 16  # entries at which two strands are compared before all of them are

Strand: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]  # 0: none; doubles are what every gate takes
Links: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]  # ascending: the entry times a base, plus the number
Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

NONE: Links = np.zeros(0, np.int64)


class TooDense(Exception):
    """More depends on each other than can be listed."""


class Pattern(NamedTuple):
    """What the entries of a node depend on: the numbers in all its strands, and the links."""

    strands: Sequence[Strand] = ()
    links: Links = NONE

    @property
    def is_empty(self) -> bool:
        return not (len(self.strands) or len(self.links))


def dependence(
    results: Sequence[Node], inputs: Sequence[Node], most_links: int = MOST_LINKS
) -> tuple[Numbers, Numbers]:
    """Which entries of the results, side by side, may depend on which entries of the inputs: row by row, ascending.

    They are nodes of one typed graph. Raises TooDense where a node depends on more than `most_links`.
    """
    following = Following(sum(map(size, inputs)) + 1, most_links)
    return following.pairs_of(results, following.numbered(inputs))


def size(node: Node) -> int:
    return math.prod(node.shape)


class Following:
    """Follows numbers below `base` through a graph. `within`: the gates of which it finds what they use."""

    def __init__(self, base: int, most_links: int = MOST_LINKS, within: frozenset[Gate] = frozenset()) -> None:
        self.base = base
        self.most_links = most_links
        self.within = within
        self._used: dict[tuple[Any, ...], tuple[Numbers, Numbers]] = {}

    def numbered(self, inputs: Sequence[Node]) -> dict[Node, Pattern]:
        """The inputs, their entries numbered from 1."""
        patterns, start = {}, 1
        for node in inputs:
            end = start + size(node)
            patterns[node] = Pattern((np.arange(start, end, dtype=np.float64).reshape(node.shape),))
            start = end
        return patterns

    def pairs_of(self, results: Sequence[Node], patterns: Mapping[Node, Pattern]) -> tuple[Numbers, Numbers]:
        """The entries of the results, side by side, and the numbers that each depends on, from 0."""
        pairs, start = [(NONE, NONE)], 0
        for node, pattern in zip(results, self.followed(results, patterns), strict=True):
            entries, numbers = self._side_by_side(pattern) or self._divided(self.linked(pattern, node.shape))
            pairs.append((entries + start if start else entries, numbers))
            start += size(node)
        if len(pairs) == 2:
            return pairs[1]
        entries, numbers = map(np.concatenate, zip(*pairs, strict=True))
        return entries, numbers

    def _divided(self, links: Links) -> tuple[Numbers, Numbers]:
        entries = links // self.base
        return entries, links - entries * self.base - 1

    def _side_by_side(self, pattern: Pattern) -> tuple[Numbers, Numbers] | None:
        """What `_divided` gives of a pattern, from its strands themselves; None where they do not say it in order."""
        if len(pattern.links) or not pattern.strands or not pattern.strands[0].size:
            return None
        count = pattern.strands[0].size
        self._check_count(count * len(pattern.strands))
        numbers = np.empty((count, len(pattern.strands)), np.int32 if self.base < 2**31 else np.int64)
        for place, strand in enumerate(in_order(pattern.strands)):
            numbers[:, place] = strand
        is_there = numbers != 0
        entries = np.broadcast_to(np.arange(count, dtype=numbers.dtype)[:, None], numbers.shape)[is_there]
        numbers = numbers[is_there]
        if np.any((numbers[1:] <= numbers[:-1]) & (entries[1:] == entries[:-1])):
            return None
        numbers -= 1
        return entries, numbers

    def followed(self, results: Sequence[Node], patterns: Mapping[Node, Pattern]) -> list[Pattern]:
        """The patterns of the results, from those of some nodes."""
        known = dict(patterns)
        nodes = needed(results, known)
        last = {operand: node for node in nodes for operand in node.inputs}
        dying: dict[Node, list[Node]] = {}
        for operand, node in last.items():
            dying.setdefault(node, []).append(operand)
        kept = set(results)
        for node in nodes:
            if node not in known and not node.gate.is_flat:
                pattern = self._pattern(node, [known.get(operand, Pattern()) for operand in node.inputs])
                if not pattern.is_empty:
                    known[node] = pattern
            for operand in dying.get(node, ()):
                if operand not in kept:
                    known.pop(operand, None)
        return [known.get(node, Pattern()) for node in results]

    def _pattern(self, node: Node, patterns: Sequence[Pattern]) -> Pattern:
        if all([pattern.is_empty for pattern in patterns]):
            return Pattern()
        if node.gate.is_entrywise or node.gate.has_local:
            return self._united(
                [
                    self._broadcast(pattern, operand.shape, node.shape)
                    for operand, pattern in zip(node.inputs, patterns, strict=True)
                ],
                node.shape,
            )
        if node.gate.moves_entries(node.inputs):
            return self._moved(node, patterns)
        return self._united(
            [self._gathered(node, position, pattern) for position, pattern in enumerate(patterns)], node.shape
        )

    # Each kind of gate -----------------------------------------------------------------------------------------------

    def _broadcast(self, pattern: Pattern, shape: Shape, wanted: Shape) -> Pattern:
        if shape == wanted or pattern.is_empty:
            return pattern
        strands = [np.broadcast_to(strand, wanted) for strand in pattern.strands]
        if not len(pattern.links):
            return Pattern(strands)
        if math.prod(shape) == 1 and len(pattern.links) <= MOST_REPEATED:
            return Pattern([*strands, *[np.broadcast_to(float(link), wanted) for link in pattern.links]])
        sources = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), wanted).ravel()
        return Pattern(strands, self._taken(pattern.links, sources))

    def _moved(self, node: Node, patterns: Sequence[Pattern]) -> Pattern:
        """The strands moved by the gate itself, and the links by where it takes each entry from."""
        function = node.gate.row_function(node)

        def moved(operands: Sequence[Any]) -> Strand:
            return np.asarray(function(*[np.asarray(operand)[..., None] for operand in operands])[..., 0])

        each = [pattern.strands for pattern in patterns]
        blanks = [np.broadcast_to(0.0, operand.shape) for operand in node.inputs]
        strands = [
            moved([own[number] if number < len(own) else blank for own, blank in zip(each, blanks, strict=True)])
            for number in range(max(map(len, each)))
        ]
        if not any([len(pattern.links) for pattern in patterns]):
            return Pattern(strands)
        start, operands, links = 0, [], []
        for operand, pattern in zip(node.inputs, patterns, strict=True):
            operands.append(np.arange(start + 1.0, start + size(operand) + 1.0).reshape(operand.shape))
            links.append(pattern.links + start * self.base)
            start += size(operand)
        sources = moved(operands).ravel().astype(np.int64) - 1
        return Pattern(strands, self._taken(np.concatenate(links), sources))

    def _gathered(self, node: Node, position: int, pattern: Pattern) -> Pattern:
        """What the entries of one operand bring to those that use them."""
        if pattern.is_empty:
            return pattern
        entries, sources = self._uses(node, position)
        found = []
        for strand in pattern.strands:
            numbers = strand.ravel()[sources].astype(np.int64)
            is_there = numbers != 0
            found.append(entries[is_there] * self.base + numbers[is_there])
        if len(pattern.links):
            links = self._taken(pattern.links, sources)
            found.append(entries[links // self.base] * self.base + links % self.base)
        return Pattern((), self._distinct(found))

    def _uses(self, node: Node, position: int) -> tuple[Numbers, Numbers]:
        """Which entries of a node use which of one of its operands."""
        operand = node.inputs[position]
        key = (node.gate, node.attributes, position, *[one.shape for one in node.inputs])
        if key not in self._used:
            self._used[key] = self._found_uses(node, position, operand)
        return self._used[key]

    def _found_uses(self, node: Node, position: int, operand: Node) -> tuple[Numbers, Numbers]:
        entries, sources = size(node), size(operand)
        within = self.within
        if node.gate not in within:
            test = node.graph.input(f"uses of node {node.index}", node.shape)
            used = node.gate.uses(test, position, node.inputs, node)
            inner = Following(entries + 1, self.most_links, within | {node.gate})
            (pattern,) = inner.followed([used], inner.numbered([test]))
            links = inner.linked(inner._broadcast(pattern, used.shape, operand.shape), operand.shape)
            return links % inner.base - 1, links // inner.base
        self._check_count(entries * sources)
        return np.repeat(np.arange(entries), sources), np.tile(np.arange(sources), entries)

    # Strands and links -----------------------------------------------------------------------------------------------

    def _united(self, patterns: Sequence[Pattern], shape: Shape) -> Pattern:
        """One pattern of all."""
        patterns = [pattern for pattern in patterns if not pattern.is_empty]
        if len(patterns) == 1:
            (whole,) = patterns
        else:
            strands: list[Strand] = []
            for pattern in patterns:
                for strand in pattern.strands:
                    add_strand(strands, strand)
            whole = Pattern(strands, self._distinct([pattern.links for pattern in patterns]))
        most = MOST_STRANDS if math.prod(shape) > FEW_ENTRIES else 1
        return Pattern((), self.linked(whole, shape)) if len(whole.strands) > most else whole

    def linked(self, pattern: Pattern, shape: Shape) -> Links:
        """All of a pattern as links."""
        count = math.prod(shape)
        if not (count and pattern.strands):
            return pattern.links
        self._check_count(count * len(pattern.strands))
        links = np.stack(in_order(pattern.strands), axis=1).astype(np.int64)
        is_there = links != 0
        links += (np.arange(count) * self.base)[:, None]
        links = links[is_there]
        return self._distinct([links, pattern.links])

    def _check_count(self, links: int) -> None:
        if links > self.most_links:
            raise TooDense

    def _distinct(self, parts: Sequence[Links]) -> Links:
        """The links of some lists, each once, ascending."""
        parts = [part for part in {id(part): part for part in parts}.values() if len(part)]
        if not parts:
            return NONE
        self._check_count(sum(map(len, parts)))
        links = parts[0] if len(parts) == 1 else np.concatenate(parts)
        steps = np.diff(links)
        return links if len(steps) == 0 or steps.min() > 0 else np.unique(links)

    def _taken(self, links: Links, sources: Numbers) -> Links:
        """The links of new entries, each of which is that of its source, or none where that is negative."""
        entries = links // self.base
        ends = np.searchsorted(entries, sources, side="right")
        starts = np.searchsorted(entries, sources)
        counts = ends - starts
        total = int(counts.sum())
        self._check_count(total)
        places = np.arange(total) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
        taken: Links = np.repeat(np.arange(len(sources)) * self.base, counts) + links[places] % self.base
        return taken


def in_order(strands: Sequence[Strand]) -> list[Strand]:
    """As vectors, in the order in which the numbers of most entries ascend."""
    return sorted([strand.ravel() for strand in strands], key=lambda strand: strand[len(strand) // 2])


def add_strand(strands: list[Strand], strand: Strand) -> None:
    """Add one to those of a node, in the gaps of another where they agree in all that both have."""
    for place, other in enumerate(strands):
        if is_same(other, strand):
            return
        whole = joined(other, strand)
        if whole is not None:
            strands[place] = whole
            return
    strands.append(strand)


def is_same(one: Strand, other: Strand) -> bool:
    """Whether they are one array, or one view of one."""
    first, second = one.__array_interface__, other.__array_interface__
    return first["data"] == second["data"] and one.strides == other.strides and one.shape == other.shape


def joined(one: Strand, other: Strand) -> Strand | None:
    """The numbers of both, or None where they have two for one entry."""
    if one.size > SAMPLED:
        sample = np.unravel_index(np.linspace(0, one.size - 1, SAMPLED).astype(np.int64), one.shape)
        if are_apart(one[sample], other[sample]):
            return None
    return None if are_apart(one, other) else np.maximum(one, other)


def are_apart(one: Strand, other: Strand) -> bool:
    return bool(np.any((one != other) & (np.minimum(one, other) > 0.0)))
