"""Which types of activations the importer takes of each operator: `types.json`, found by trying.

`python -m tests.operators_page` writes it, and a test holds it equal to what the importer does.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tinyengine.ir import DType

TABLE = Path(__file__).with_name("types.json")


@cache
def operator_types() -> Mapping[str, tuple[DType, ...]]:
    """Give the types of every operator by its opcode; without those that only name a variable."""
    told = json.loads(TABLE.read_text(encoding="utf-8"))
    return {opcode: tuple(map(DType, types)) for opcode, types in told.items()}
