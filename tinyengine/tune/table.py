"""The table of what kernels cost: new rows in the places of old ones, as text."""

import json
from collections.abc import Sequence
from pathlib import Path

from tinyengine.board import Isa
from tinyengine.errors import UsageError
from tinyengine.files import read_bytes
from tinyengine.kernels.cost.measured import read_rows
from tinyengine.kernels.registry import KERNELS
from tinyengine.report.codec import Json, parse_json
from tinyengine.tune.measure import BOARDS

_MOST_NBYTES = 64 << 20


def read_table(path: Path) -> Json:
    """Give the table at `path`; an empty one where there is none.

    Raises:
        UsageError: it is no such table.
    """
    if not path.is_file():
        return {}
    try:
        stored = parse_json(read_bytes(path, _MOST_NBYTES).decode("utf-8"))
        if isinstance(stored, dict):
            read_rows(stored)
            return stored
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise UsageError(str(path), "is no table that `tinyengine tune` has written")


def update_table(path: Path, isa: Isa, rows: Sequence[Json]) -> Json:
    """Give the table at `path` with `rows` in the places of those of the same kernels."""
    stored = read_table(path)
    isas = dict(stored.get("isas", {}))
    new = {row["kernel"] for row in rows}
    known = {kernel.function for kernel in KERNELS}
    kept = [
        row
        for row in isas.get(isa.value, {}).get("rows", [])
        if row["kernel"] not in new and row["kernel"] in known
    ]
    names = ("kernel", "op", "reads", "writes", "class")
    merged = sorted([*kept, *rows], key=lambda row: [row[name] for name in names])
    isas[isa.value] = {"board": BOARDS[isa], "rows": merged}
    return {"schema": 1, "isas": dict(sorted(isas.items()))}


def table_text(stored: Json) -> str:
    """Give the table as JSON with a row on each line."""
    isas = []
    for isa, part in stored["isas"].items():
        rows = ",\n".join(f"   {json.dumps(row)}" for row in part["rows"])
        board = json.dumps(part["board"])
        isas.append(f'  "{isa}": {{"board": {board}, "rows": [\n{rows}\n  ]}}')
    return '{"schema": 1, "isas": {\n' + ",\n".join(isas) + "\n}}\n"
