"""How long an inference takes, for the reader: modelled, and on a real board measured beside it."""

from collections.abc import Sequence

from tinyengine.report.profile import Timing


def time_rows(
    timing: Timing | None, measured_ms: Sequence[float], clock_hz: int | None
) -> list[tuple[str, str]]:
    """Give names and texts of what is known: nothing without a model and a real board.

    `measured_ms` are those of each inference, with the core at `clock_hz`.
    """
    rows = []
    if timing is not None:
        where = f"at {megahertz(timing.clock_hz)}, modelled"
        waiting = "" if timing.waits is None else f" and {timing.waits:,} waiting for flash"
        where += " without wait states" if timing.waits is None else ""
        rows.append(("cycles", f"{timing.cycles:,}{waiting}: {timing.ms:,.3f} ms {where}"))
    if measured_ms:
        least, greatest = min(measured_ms), max(measured_ms)
        spread = f"{least:,.3f}" if least == greatest else f"{least:,.3f} to {greatest:,.3f}"
        clock = "" if clock_hz is None else f" at {megahertz(clock_hz)}"
        rows.append(("measured", f"{spread} ms{clock}"))
    return rows


def megahertz(hz: int) -> str:
    """Give a clock for the reader."""
    return f"{hz / 1e6:g} MHz"


def spread(numbers: Sequence[int]) -> str:
    """Give the least and the greatest, or the one that all are."""
    least, greatest = min(numbers), max(numbers)
    return f"{least:,}" if least == greatest else f"{least:,} to {greatest:,} per inference"
