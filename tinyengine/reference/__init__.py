"""The integer semantics of every operator in numpy: what is right is defined here, once."""

from tinyengine.reference.execute import evaluate, execute, run

__all__ = ["evaluate", "execute", "run"]
