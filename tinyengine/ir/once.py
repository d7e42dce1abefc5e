"""Work out once for every operator what depends on it alone."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from tinyengine.ir.ops import Op

O = TypeVar("O", bound=Op)  # noqa: E741
P = ParamSpec("P")
R = TypeVar("R")


def once(function: Callable[Concatenate[O, P], R]) -> Callable[Concatenate[O, P], R]:
    """Give `function` of an operator with a memory of its results, for as long as that lives.

    Operators are compared by identity and never change. What is given out is shared: nobody may
    write into it, and it must not hold the operator, which would live forever then. Further
    arguments must be hashable. What raises is worked out again.
    """
    known: WeakKeyDictionary[O, dict[object, R]] = WeakKeyDictionary()

    @wraps(function)
    def remembered(op: O, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Give what was computed for these arguments, or compute it."""
        results = known.get(op)
        if results is None:
            results = known[op] = {}
        key = (args, *kwargs.items())
        if key not in results:
            results[key] = function(op, *args, **kwargs)
        return results[key]

    return remembered
