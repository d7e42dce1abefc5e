"""Choose a kernel for every operator, and the layout of every tensor's rows, at least cost."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError, Problem
from tinyengine.ir import Graph, Op, Reshape, Tensor
from tinyengine.kernels.accumulating import ACCUMULATING
from tinyengine.kernels.choose.halving import prefer_halved
from tinyengine.kernels.choose.slimming import Slimming
from tinyengine.kernels.choose.widening import affordable, without_pairs
from tinyengine.kernels.cost.measured import key_of, measured
from tinyengine.kernels.cost.portable import portable_instructions
from tinyengine.kernels.registry import KERNELS, accepts, candidates
from tinyengine.kernels.spec import Kernel, Progress, RowLayout

SLACK, FAST_SLACK = 1.14, 1.02
"""How many times the fewest cycles kernels may take for the sake of smaller constants: where memory
counts too, and where only speed does, which this is too little to be sure of."""

_DEAREST_BYTE = 4096
"""Instructions per byte of flash beyond which nothing smaller is to be found."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kernels:
    """The kernels of a graph: for whole layers, and in their places where rows come one by one.

    Those that are `consuming` do so with their input; `single` compute rows one at a time where
    those for whole layers compute two.
    """

    whole: Mapping[Op, Kernel]
    consuming: Mapping[Op, Kernel]
    single: Mapping[Op, Kernel] = field(default_factory=dict)

    def streamed(self, op: Op) -> Kernel:
        """Give the kernel of `op` in a streamed block."""
        return self.consuming.get(op) or self.single.get(op) or self.whole[op]

    def with_kernel(self, op: Op, kernel: Kernel) -> "Kernels":
        """Give the same kernels, and `kernel` for one more operator."""
        return replace(self, whole={**self.whole, op: kernel})


def estimate_instructions(op: Op, kernel: Kernel) -> int:
    """Estimate the instructions of all rows of `op`, as measured where `kernel` has been."""
    estimate = analytic_instructions(op, kernel)
    row = measured().get(key_of(op, kernel))
    return row.instructions(op, estimate) if row else estimate


def estimate_cost(op: Op, kernel: Kernel) -> float:
    """Estimate what choosing `kernel` for `op` costs: cycles where they have been modelled."""
    estimate = analytic_instructions(op, kernel)
    row = measured().get(key_of(op, kernel))
    return row.cost(op, estimate) if row else estimate


def analytic_instructions(op: Op, kernel: Kernel) -> int:
    """Estimate the instructions of `op` from how `kernel` computes."""
    return portable_instructions(op) if kernel.cost is None else kernel.cost(op)


def select_kernels(
    graph: Graph,
    isa: Isa,
    *,
    slack: float = SLACK,
    flash: int | None = None,
    pairs: bool = False,
    sparse: bool = True,
    thumb2: bool = True,
) -> Kernels:
    """Give a kernel for every operator that runs; kernels agree on the layout of every tensor.

    They are those that take the fewest cycles, as estimated; for `slack` times as many, they
    have smaller constants; weights of 4 bits stay so (`prefer_halved`). Where the constants exceed
    `flash` bytes, kernels with smaller ones are taken where that costs the fewest cycles per byte
    saved. With `pairs` they are also chosen among those that compute rows two at a time, which take
    more memory, where they are worth it (`affordable`); with `sparse`, among those that skip zeros,
    which take more memory, too. Without `thumb2` they are not among those whose loops are in that
    instruction set, where there are others.

    Raises ModelError that lists every operator that no kernel accepts, and why each declined.
    """
    offers = {op: candidates(op, isa) for op in _running(graph)}
    if not thumb2:
        offers = {op: _without_thumb2(kernels) for op, kernels in offers.items()}
    if not sparse:
        offers = {op: tuple(k for k in offers[op] if not k.skips_zeros) for op in offers}
    if not all(offers.values()):
        raise ModelError.from_problems(_problems(graph, isa, offers))
    if pairs:
        offers = affordable(offers, estimate_cost, constants_nbytes)
    else:
        offers = {op: without_pairs(kernels) for op, kernels in offers.items()}
    whole = _choose(graph, offers, slack, flash)
    consuming = {
        op: kernel
        for op in whole
        for kernel in ACCUMULATING
        if kernel.isa in isa.includes and accepts(kernel, op) and whole[op].reads is kernel.reads
    }
    single = {
        op: _single(op, offers[op], kernel)
        for op, kernel in whole.items()
        if kernel.progress is Progress.PAIRS
    }
    return Kernels(whole=whole, consuming=consuming, single=single)


def _without_thumb2(kernels: tuple[Kernel, ...]) -> tuple[Kernel, ...]:
    """Give those for every core, or all where there are none."""
    return tuple(each for each in kernels if not each.thumb2) or kernels


def _single(op: Op, kernels: tuple[Kernel, ...], like: Kernel) -> Kernel:
    """Give the fastest kernel for rows one by one with the layouts of `like`, or a slimmer one."""
    costs = {
        kernel: estimate_cost(op, kernel)
        for kernel in without_pairs(kernels)
        if (kernel.reads, kernel.writes) == (like.reads, like.writes)
    }
    most = SLACK * min(costs.values())
    narrow = [each for each in costs if not each.expands_weights and costs[each] <= most]
    return min(narrow or costs, key=lambda kernel: costs[kernel])


def unsupported(graph: Graph, isa: Isa) -> tuple[Problem, ...]:
    """Give every operator that no kernel for `isa` accepts, and why each declined."""
    return _problems(graph, isa, {op: candidates(op, isa) for op in _running(graph)})


def _problems(
    graph: Graph, isa: Isa, offers: Mapping[Op, tuple[Kernel, ...]]
) -> tuple[Problem, ...]:
    return tuple(
        _declined(op, isa, f"{graph.name}: {op.source}")
        for op, kernels in offers.items()
        if not kernels
    )


def _running(graph: Graph) -> Iterator[Op]:
    """Give the operators that take a kernel."""
    return (op for op in graph.ops if not isinstance(op, Reshape))


def constants_nbytes(op: Op, kernel: Kernel) -> int:
    """Give the bytes of flash that the parameters of `kernel` hold in arrays."""
    return kernel.params(op).arrays_nbytes


def _choose(
    graph: Graph, offers: Mapping[Op, tuple[Kernel, ...]], slack: float, flash: int | None
) -> dict[Op, Kernel]:
    """Give the cheapest kernels, made slimmer for `slack` times their instructions.

    Where their constants exceed `flash`, bytes get a price: in instructions per byte, the least
    (to an eighth) with which they fit; if none does, the smallest kernels are given.
    """
    offers = prefer_halved(offers, estimate_instructions)
    costs = {
        (op, kernel): estimate_cost(op, kernel)
        for op, kernels in offers.items()
        for kernel in kernels
    }
    whole = _Layouts(graph, offers, costs).choose()
    limit = sys.maxsize if flash is None else flash
    held = sum(constants_nbytes(op, kernel) for op, kernel in whole.items())
    if slack <= 1 and held <= limit:
        return whole
    sizes = _sizes(offers)
    most = slack * sum(costs[item] for item in whole.items())
    whole = Slimming(offers=offers, costs=costs, sizes=sizes).slim(whole, most)
    if sum(sizes[item] for item in whole.items()) <= limit:
        return whole
    wanted = whole

    def priced(price: float) -> tuple[dict[Op, Kernel], bool]:
        """Choose at `price` instructions per byte; tell whether the constants fit."""
        with_bytes = {key: cost + price * sizes[key] for key, cost in costs.items()}
        chosen = _Layouts(graph, offers, with_bytes).choose()
        return chosen, sum(sizes[item] for item in chosen.items()) <= limit

    price = 1 / 16
    whole, fits = priced(price)
    while not fits and price < _DEAREST_BYTE:
        price *= 2
        whole, fits = priced(price)
    dearest, cheapest = price, price / 2
    for _ in range(3):
        middle = (cheapest + dearest) / 2
        chosen, fits = priced(middle)
        if fits:
            whole, dearest = chosen, middle
        else:
            cheapest = middle
    return _refilled(whole, wanted, costs, sizes, limit)


def _refilled(
    whole: Mapping[Op, Kernel],
    wanted: Mapping[Op, Kernel],
    costs: Mapping[tuple[Op, Kernel], float],
    sizes: Mapping[tuple[Op, Kernel], int],
    limit: int,
) -> dict[Op, Kernel]:
    """Give `whole` with kernels of `wanted` where they have the same layouts and fit `limit` bytes.

    Operators alike change together with a price; here one after the other changes back, those first
    that gain the most for their bytes.
    """
    filled = dict(whole)
    room = limit - sum(sizes[item] for item in whole.items())

    def gain(op: Op) -> tuple[float, int]:
        """Give what the wanted kernel saves, and the bytes that it takes for that."""
        old, new = whole[op], wanted[op]
        return costs[op, old] - costs[op, new], sizes[op, new] - sizes[op, old]

    def worth(op: Op) -> float:
        """Give what it saves for a byte."""
        saved, nbytes = gain(op)
        return saved / max(nbytes, 1)

    for op in sorted(whole, key=worth, reverse=True):
        (saved, nbytes), old, new = gain(op), whole[op], wanted[op]
        same = (old.reads, old.writes) == (new.reads, new.writes)
        if same and saved > 0 and nbytes <= room:
            filled[op] = new
            room -= nbytes
    return filled


def _form_of(op: Op, kernel: Kernel) -> tuple[Op, str, bool, bool]:
    """Give what the constants of an offer depend on."""
    return op, kernel.function, kernel.expands_weights, kernel.halves_weights


def _sizes(offers: Mapping[Op, tuple[Kernel, ...]]) -> dict[tuple[Op, Kernel], int]:
    """Give the bytes of constants of every offer; the layouts of a kernel share theirs."""
    by_form: dict[tuple[Op, str, bool, bool], int] = {}
    for op, kernels in offers.items():
        for kernel in kernels:
            form = _form_of(op, kernel)
            if form not in by_form:
                by_form[form] = constants_nbytes(op, kernel)
    return {
        (op, kernel): by_form[_form_of(op, kernel)]
        for op, kernels in offers.items()
        for kernel in kernels
    }


class _Layouts:
    """Local search over the tensors that may be laid out by channels."""

    def __init__(
        self,
        graph: Graph,
        offers: Mapping[Op, tuple[Kernel, ...]],
        costs: Mapping[tuple[Op, Kernel], float],
    ) -> None:
        self.graph, self.offers, self.costs = graph, offers, costs
        edges = {*graph.given, *graph.kept}
        reshaped = {
            tensor
            for op in graph.ops
            if isinstance(op, Reshape)
            for tensor in (op.input, op.output)
        }
        fixed = edges | reshaped
        self.free = [op.output for op in offers if op.output not in fixed]
        self.activations = {op: tuple(dict.fromkeys(op.activations)) for op in offers}
        self.by_channels = dict.fromkeys(offers, 0)
        self.layouts: dict[Tensor, RowLayout] = {}

    def choose(self) -> dict[Op, Kernel]:
        """Give the kernels after no single tensor's other layout makes them cheaper."""
        improved = True
        while improved:
            improved = sum(map(self._flip, self.free)) > 0
        return {op: self._require(op) for op in self.offers}

    def _flip(self, tensor: Tensor) -> bool:
        """Change the layout of `tensor` if that is cheaper; tell whether it was."""
        readers = self.graph.consumers.get(tensor, ())
        concerned = (self.graph.producers[tensor], *readers)
        before = self._cost(concerned)
        self._turn(tensor, readers)
        after = self._cost(concerned)
        if after is not None and (before is None or after < before):
            return True
        self._turn(tensor, readers)
        return False

    def _turn(self, tensor: Tensor, readers: tuple[Op, ...]) -> None:
        """Give `tensor` the other layout; `by_channels` counts operands that have it."""
        pixels = self.layouts.get(tensor) is RowLayout.CHANNELS
        self.layouts[tensor] = RowLayout.PIXELS if pixels else RowLayout.CHANNELS
        for op in readers:
            if tensor in self.activations[op]:
                self.by_channels[op] += -1 if pixels else 1

    def _cost(self, ops: tuple[Op, ...]) -> float | None:
        """Give the cost of `ops` under the present layouts; None where one has no kernel."""
        total = 0.0
        for op in ops:
            kernel = self._best(op)
            if kernel is None:
                return None
            total += self.costs[op, kernel]
        return total

    def _best(self, op: Op) -> Kernel | None:
        layouts = self.layouts
        writes = layouts.get(op.output, RowLayout.PIXELS)
        count = self.by_channels[op]
        reads = set() if count == 0 else {RowLayout.CHANNELS}
        reads |= set() if count == len(self.activations[op]) else {RowLayout.PIXELS}
        fitting = [
            kernel
            for kernel in self.offers[op]
            if kernel.writes is writes and reads == {kernel.reads}
        ]
        return min(fitting, key=lambda kernel: self.costs[op, kernel], default=None)

    def _require(self, op: Op) -> Kernel:
        kernel = self._best(op)
        assert kernel is not None, f"{op.source} has no kernel for its layouts"
        return kernel


def _declined(op: Op, isa: Isa, where: str) -> Problem:
    """Give what stands against the kernel that asks least: the portable one."""
    reasons = [
        kernel.declines(op)
        for kernel in KERNELS
        if type(op) is kernel.op and kernel.isa in isa.includes and kernel.rounds_as(op)
    ]
    return Problem(
        where=where,
        problem=f"no kernel computes this {type(op).__name__}",
        details=min(reasons, key=len, default=("There is none for it.",)),
        hint="`tinyengine ops --json` lists what each kernel accepts",
    )
