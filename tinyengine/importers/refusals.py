"""What importers share when they refuse: the exception, its hints, the list of problems."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tinyengine.errors import ModelError, Problem

QUANTIZE_HINT = "`tinyengine quantize` makes an int8 model of a float one"

CONVERT_HINT = "convert the model again, with fixed shapes, batch 1 and full integer quantization"
"""What to do about types and scales that no sound conversion gives."""

DAMAGED_HINT = "the file contradicts itself: convert the model again"
"""What to do about tensors and options that do not go together."""

LIMIT_HINT = (
    "change this in the network, or end it before, and compute the rest in your application"
)
"""What to do about what a sound model may have, and is not supported."""

CALIBRATE_HINT = "quantize the model again, with data as the device will see them"
"""What to do about scales that do not fit each other."""

_MOST_PROBLEMS = 50


class RefusedError(Exception):
    """An operator is not supported: the `problem` and a `hint`, for the reader."""

    def __init__(self, problem: str, hint: str = CONVERT_HINT) -> None:
        """Take what is wrong and what to do about it."""
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


def told_of_scales(error: ModelError) -> RefusedError:
    """Give as a refusal what is told of scales and values by who derives parameters of them."""
    problem = error.problems[0]
    return RefusedError(problem.problem, problem.hint or CALIBRATE_HINT)


def describe(shape: tuple[int, ...]) -> str:
    """Give a shape or another short list of integers as text: [1, 8, 8, 3]."""
    more = ", ..." if len(shape) > 16 else ""
    return f"[{', '.join(map(str, shape[:16]))}{more}]"


def condense(problems: Sequence[Problem], name: str) -> list[Problem]:
    """Give the `problems` of the file `name`: equal texts together, no more than can be read.

    A hint stands at the last problem that it is for.
    """
    found = list(_grouped(problems, name))
    later = [{each.hint for each in found[index + 1 :]} for index in range(len(found))]
    return [
        replace(each, hint="") if each.hint in hints else each
        for each, hints in zip(found, later, strict=True)
    ]


def _grouped(problems: Sequence[Problem], name: str) -> Iterator[Problem]:
    """Give one problem for all of the same text."""
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.problem, problem.hint), []).append(problem)
    for count, group in enumerate(groups.values()):
        if count == _MOST_PROBLEMS:
            more = sum(map(len, groups.values())) - count
            yield Problem(where=name, problem=f"at least {more} more problems", hint="")
            return
        others = tuple(f"also {each.where.removeprefix(name + ': ')}" for each in group[1:])
        shown = others[:_MOST_PROBLEMS]
        if len(others) > len(shown):
            shown += (f"and {len(others) - len(shown)} more",)
        first = group[0]
        yield Problem(where=first.where, problem=first.problem, details=shown, hint=first.hint)
