"""Which network of a model file is meant, where the file holds several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tinyengine.errors import UsageError
from tinyengine.importers.names import label


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChoice:
    """A network by the name of its signature, or by its subgraph's name or number.

    Neither means the first, which is what the TFLite interpreter runs. `shapes` are pairs of an
    input's name and its shape, for inputs whose shape the file leaves open. `detection` lets the
    operators be compiled that are not bit-exact: see `ir.detection`.
    """

    signature: str | None = None
    subgraph: str | None = None
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    detection: bool = False


Shapes = Mapping[str, Sequence[int]]
"""Shapes for the inputs whose shape a file leaves open, by their names."""


def choose_network(
    signature: str | None, subgraph: str | None, shapes: Shapes | None, *, detection: bool = False
) -> NetworkChoice:
    """Give the choice of a network and of its inputs' shapes; raise UsageError for no shape."""
    chosen = tuple((name, tuple(sizes)) for name, sizes in (shapes or {}).items())
    for name, sizes in chosen:
        if not sizes or min(sizes) < 1:
            shown = ",".join(map(str, sizes))
            raise UsageError("--shape", f"'{name}={shown}' is no shape", "--shape x=1,3,48,48")
    return NetworkChoice(signature=signature, subgraph=subgraph, shapes=chosen, detection=detection)


FIRST = NetworkChoice()
"""The first network of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """The networks of a file: the subgraphs' names, and the subgraph of each signature."""

    subgraphs: tuple[str, ...] = ("main",)
    signatures: Mapping[str, int] = field(default_factory=dict)

    def find(self, choice: NetworkChoice, file: str) -> int:
        """Give the number of the subgraph that `choice` means.

        Raises UsageError, which lists what there is, where it means none or more than one.
        """
        by_signature = self._of_signature(choice.signature, file)
        by_subgraph = self._of_subgraph(choice.subgraph, file)
        if None not in (by_signature, by_subgraph) and by_signature != by_subgraph:
            raise UsageError("--subgraph", "is not that of the signature", "give one of the two")
        return next((n for n in (by_signature, by_subgraph) if n is not None), 0)

    def _of_signature(self, name: str | None, file: str) -> int | None:
        if name is None or name in self.signatures:
            return None if name is None else self.signatures[name]
        listed = ", ".join(f"'{label(each)}'" for each in self.signatures)
        hint = f"its signatures are {listed}" if listed else "it has none: choose with --subgraph"
        raise UsageError("--signature", f"{file} has no signature '{name}'", hint)

    def _of_subgraph(self, name: str | None, file: str) -> int | None:
        if name is None:
            return None
        numbers = [number for number, each in enumerate(self.subgraphs) if each == name]
        if not numbers and name.isdecimal() and len(name) < 10 and int(name) < len(self.subgraphs):
            numbers = [int(name)]
        if len(numbers) == 1:
            return numbers[0]
        problem = f"{len(numbers)} subgraphs of {file} are called '{name}'; give one's number"
        if not numbers:
            problem = f"{file} has no subgraph '{name}'"
        listed = (f"{number} '{label(each)}'" for number, each in enumerate(self.subgraphs[:20]))
        raise UsageError("--subgraph", problem, f"its subgraphs are {', '.join(listed)}")
