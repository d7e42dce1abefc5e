"""Errors written for the reader: where, what is wrong, what to do, and the exit code."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self


def printable(text: str) -> str:
    r"""Give `text` on one line and with nothing that a terminal would obey.

    Names of files, and what they hold, come from anywhere: control characters, line ends, marks of
    writing direction and bytes that are no text become escapes such as `\x1b`.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no UTF-8, as Python has it
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: `where` it is, what the `problem` is, details and a hint."""

    where: str
    problem: str
    details: tuple[str, ...] = ()
    hint: str = ""

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.problem}" if self.where else self.problem]
        lines += [f"  {detail}" for detail in self.details]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(map(printable, lines))


def counted(number: int, noun: str) -> str:
    """Give "1 output" or "2 outputs"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


class TinyEngineError(Exception):
    """The user's fault, not a bug: the CLI prints it and exits with `exit_code`."""

    exit_code = 1

    def __init__(
        self, where: str, problem: str, hint: str = "", details: Iterable[str] = ()
    ) -> None:
        """Take one problem; `from_problems` takes several."""
        self.problems: tuple[Problem, ...] = (
            Problem(where=where, problem=problem, hint=hint, details=tuple(details)),
        )
        super().__init__(str(self))

    @classmethod
    def from_problems(cls, problems: Iterable[Problem]) -> Self:
        """Give one error that lists all `problems` (at least one)."""
        collected = tuple(problems)
        assert collected, "an error needs a problem"
        first = collected[0]
        error = cls(first.where, first.problem, first.hint, first.details)
        error.problems = collected
        return error

    def __str__(self) -> str:
        return "\n".join(f"error: {problem}" for problem in self.problems)


class UsageError(TinyEngineError):
    """The command line asks for something that does not exist (unknown board, bad name)."""

    exit_code = 2


class ModelError(TinyEngineError):
    """The model file is broken, or it holds something that is not supported."""

    exit_code = 3


class FitError(TinyEngineError):
    """The model does not fit the board or the budget."""

    exit_code = 4


class ArenaError(FitError):
    """No plan is small enough; `least_nbytes` is the arena of the smallest, in bytes."""

    def __init__(
        self,
        where: str,
        problem: str,
        hint: str = "",
        details: Iterable[str] = (),
        *,
        least_nbytes: int = 0,
    ) -> None:
        """Take one problem, and the least bytes."""
        super().__init__(where, problem, hint, details)
        self.least_nbytes = least_nbytes


class ToolError(TinyEngineError):
    """A program or package that is needed is missing, or it failed."""

    exit_code = 5


class WrongResultError(TinyEngineError):
    """The firmware computed something else than the reference."""

    exit_code = 6
