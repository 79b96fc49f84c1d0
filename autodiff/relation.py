"""An equation or inequality between two expressions of a graph. Computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backprop.autodiff.named_tuple import NamedTuple

if TYPE_CHECKING:
    from backprop.autodiff.errors import Span
    from backprop.autodiff.graph import Node


class Relation(NamedTuple):
    """`difference` is 0 where the relation `is_equation`, else at least 0; `span` says where the relation stands."""

    difference: Node
    is_equation: bool
    span: Span | None
