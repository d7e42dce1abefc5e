"""The targets that boards may name; an architecture is a file of this folder, and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from tinyengine.board.target import Target
from tinyengine.board.targets import arm_m

TARGETS: Mapping[str, Target] = MappingProxyType({target.name: target for target in arm_m.TARGETS})
