"""The error of an int8 network by operator, as one HTML page."""

from collections.abc import Sequence
from dataclasses import dataclass

from tinyengine.render import environment

_MOST_DECIBELS = 60.0
"""Ratios that fill a bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table: bars in percent, `cells` are its figures."""

    name: str
    bar: float
    own_bar: float
    cells: tuple[str, ...]


def row_of(
    name: str,
    near: float,
    own: float | None,
    shares: tuple[float, float],
    ends: tuple[float, float],
) -> Row:
    """Give the line of an operator.

    `near` and `own` are ratios in dB, `shares` what is saturated and what of the range is used,
    `ends` the range.
    """
    saturated, used = shares
    return Row(
        name=name,
        bar=_bar(near),
        own_bar=0.0 if own is None else _bar(own),
        cells=(
            f"{near:.1f}",
            "–" if own is None else f"{own:.1f}",
            f"{100 * saturated:.2f} %",
            f"{100 * used:.0f} %",
            f"{ends[0]:.4g} to {ends[1]:.4g}",
        ),
    )


def _bar(decibels: float) -> float:
    return round(100 * min(max(decibels, 0.0), _MOST_DECIBELS) / _MOST_DECIBELS, 1)


def render_comparison(
    title: str, remark: str, rows: Sequence[Row], unmatched: Sequence[str]
) -> str:
    """Give the page."""
    template = environment().get_template("compare.html.j2")
    return template.render(title=title, remark=remark, rows=rows, unmatched=unmatched)
