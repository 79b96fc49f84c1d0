"""Our NamedTuple is typing's in all that is used of it."""

from __future__ import annotations

import gc
import pickle
import typing
from typing import Any

import pytest

from backprop.autodiff import named_tuple


class Ours(named_tuple.NamedTuple):
    """A place."""

    x: int
    label: str | None = None
    size: float = 1.5

    @property
    def twice(self) -> int:
        return 2 * self.x


class Theirs(typing.NamedTuple):
    """A place."""

    x: int
    label: str | None = None
    size: float = 1.5

    @property
    def twice(self) -> int:
        return 2 * self.x


def test_it_is_declared_and_made_alike() -> None:
    for ours, theirs in [(Ours(3), Theirs(3)), (Ours(1, size=2.0), Theirs(1, size=2.0))]:
        assert ours == theirs and isinstance(ours, tuple)
        assert (ours.x, ours.label, ours.size, ours.twice) == (theirs.x, theirs.label, theirs.size, theirs.twice)
        assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
        assert ours._replace(x=7) == theirs._replace(x=7)
        assert ours._asdict() == theirs._asdict()
        assert Ours._make(ours) == ours
        with pytest.raises(ValueError, match="other"):
            ours._replace(other=7)  # type: ignore[call-arg]
    for name in ("__doc__", "__module__", "_fields", "_field_defaults", "__match_args__", "__bases__", "__slots__"):
        assert getattr(Ours, name) == getattr(Theirs, name)
    assert Ours.__qualname__ == "Ours" and [*Ours.__annotations__] == [*Theirs.__annotations__]


def test_it_has_no_room_for_more() -> None:
    with pytest.raises(AttributeError):
        Ours(1).other = 2  # type: ignore[attr-defined]


def test_it_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Ours(1, "a"))) == Ours(1, "a")


def test_garbage_may_be_collected_while_the_first_tuple_is_made() -> None:
    before = gc.get_threshold()
    try:
        for threshold in range(1, 60):  # so that a collection comes at each place once
            kind = type(named_tuple.NamedTuple)("Late", (named_tuple.NamedTuple,), {"__annotations__": {"x": "int"}})
            gc.set_threshold(threshold)
            assert kind(3)._replace(x=4) == (4,)
            gc.set_threshold(*before)
    finally:
        gc.set_threshold(*before)


def test_without_fields_it_is_empty() -> None:
    class Empty(named_tuple.NamedTuple):
        """Nothing."""

    assert Empty() == () and not Empty()


def test_a_field_without_default_after_one_with_it_is_refused() -> None:
    with pytest.raises(TypeError, match="without a default"):

        class Wrong(named_tuple.NamedTuple):
            first: int = 1
            second: int


def test_the_first_tuples_and_the_many_after_them_are_made_alike() -> None:
    class Fresh(named_tuple.NamedTuple):
        x: int
        label: str | None = None
        size: float = 1.5

    first = vars(Fresh)["__new__"]
    fitting: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        *[((1, "a", 2.0), {}), ((1,), {}), ((1,), {"size": 2.0}), ((), {"size": 2.0, "x": 1})],
    ]
    for _ in range(named_tuple.MANY // len(fitting)):
        assert vars(Fresh)["__new__"] is first
        assert [Fresh(*values, **named) for values, named in fitting] == [Theirs(*v, **named) for v, named in fitting]
    assert vars(Fresh)["__new__"] is not first
    assert [Fresh(*values, **named) for values, named in fitting] == [Theirs(*v, **named) for v, named in fitting]


@pytest.mark.parametrize(
    "values, named",
    [((), {}), ((1, "a", 2.0, 3), {}), ((1,), {"x": 1}), ((1,), {"other": 1}), ((), {"size": 2.0, "other": 1})],
    ids=str,
)
def test_what_does_not_fit_is_refused_from_the_first(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    class Fresh(named_tuple.NamedTuple):
        x: int
        label: str | None = None
        size: float = 1.5

    with pytest.raises(TypeError, match="__new__"):
        Fresh(*values, **named)
