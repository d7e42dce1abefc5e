"""Running firmware: on Unicorn, on QEMU, or on a real board."""

from tinyengine.run.qemu.run import missing_memories
from tinyengine.run.record import record_session
from tinyengine.run.result import Emulator, RunResult
from tinyengine.run.runner import (
    Runner,
    can_trace_writes,
    open_follower,
    open_runner,
    pick_emulator,
    run_firmware,
)

__all__ = [
    "Emulator",
    "RunResult",
    "Runner",
    "can_trace_writes",
    "missing_memories",
    "open_follower",
    "open_runner",
    "pick_emulator",
    "record_session",
    "run_firmware",
]
