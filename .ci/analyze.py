#!/usr/bin/env python3
"""Static analysis of all C, on the cores and on the host: no finding may be open.

clang's analyzer reads each kernel as its core's compiler does, kernels in assembly also as the C
that stands for it, the firmware as each board's drivers and registers make it, and what is
generated for a model; cppcheck reads all of it. What is the same text for the same instruction set
is read once, whatever a board's addresses. What cppcheck reports wrongly is listed with the reason
in .ci/cppcheck.txt; what only callers know, TE_ASSUME says.

    .ci/analyze.py [FILE...]      with files: only those, and nothing but clang's analyzer
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tinyengine.board import Board, list_boards, load_board
from tinyengine.compiler import Options, compile_model
from tinyengine.product.firmware import firmware_files
from tinyengine.product.output_directory import write_tree
from tinyengine.product.project import Interface, make_project
from tinyengine.schedule import Objective

ROOT = Path(__file__).parents[1]
RUNTIME = ROOT / "runtime_c"
HEADERS = (f"-I{RUNTIME}/include", *(f"-I{path}" for path in sorted((RUNTIME / "src").iterdir())))
LIBC = ("-idirafter", f"{RUNTIME}/firmware/libc")
WORKERS = os.cpu_count() or 1
CORES = {"ref": "cortex-m0", "base": "cortex-m0", "dsp": "cortex-m4", "mve": "cortex-m55"}
"""For which core the files of a folder of kernels are read."""

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"
MODELS = {
    "digits_dsp": Options(board=load_board("mps2-an386"), objective=Objective.SPEED),
    "digits_mve": Options(board=load_board("mps3-an547"), objective=Objective.BALANCED),
    "digits_rows": Options(
        board=load_board("microbit"), objective=Objective.SRAM, stream_input=True
    ),
}
"""What is generated for these: whole tensors, and rows through rings. The last is every board's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A C file, the kind of core that it is for, and the flags that tell the compiler so."""

    path: Path
    core: str
    flags: tuple[str, ...]


def core_flags(board: Board) -> tuple[str, ...]:
    """Give what clang needs to know of a board's core."""
    return ("--target=arm-none-eabi", *board.target.flags, *LIBC)


def kernels() -> Iterator[Job]:
    """Give every kernel for its core, and as C on the host."""
    for folder, core in CORES.items():
        target = ("--target=arm-none-eabi", f"-mcpu={core}", "-mthumb", *LIBC)
        for path in sorted((RUNTIME / "src" / folder).glob("*.c")):
            yield Job(path=path, core=core, flags=target)
            if folder != "ref":
                yield Job(path=path, core="host", flags=())


def counters() -> Iterator[Job]:
    """Give what counts instructions on the host."""
    native = ROOT / "tinyengine" / "run" / "native"
    yield Job(path=native / "counter.c", core="host", flags=())
    version = ("-DTE_QEMU_PLUGIN_VERSION=1",)
    yield Job(path=native / "qemu_plugin.c", core="host", flags=version)


def generated(out: Path) -> Iterator[Job]:
    """Give the C of some models, and the firmware of every board around the last of them."""
    for name, options in MODELS.items():
        compiled = compile_model(DIGITS, replace(options, name=name))
        write_tree(out / name, compiled.tree)
        for path in sorted((out / name).glob("*.c")):
            flags = (*core_flags(options.board), f"-I{out}/{name}/te")
            yield Job(path=path, core=f"{options.board.target.isa}", flags=flags)
    model = Interface.of_program(compiled.program)
    for board in list_boards():
        folder = out / board.name
        write_tree(folder, firmware_files(make_project(model, board, "", ())))
        flags = (*core_flags(board), f"-I{folder}/firmware", f"-I{out}/{name}")
        for path in sorted((folder / "firmware").glob("*.c")):
            yield Job(path=path, core=f"{board.target.isa}", flags=flags)


def command(job: Job, *action: str) -> list[str]:
    """Give how clang is called."""
    return ["clang", "-std=c11", *action, *job.flags, *HEADERS, str(job.path)]


def key(job: Job) -> tuple[str, ...]:
    """Give what jobs share that are the same text, with macros of the same names, for one core."""
    text = job.path.read_text("utf-8")
    board = job.path.with_name("board.h")
    names = re.findall(r"#define (\w+)", board.read_text("utf-8")) if board.is_file() else []
    return (job.core, text, *(name for name in names if name in text))


def findings(job: Job) -> str:
    """Give what clang's analyzer finds in a file, as it prints it."""
    analyze = ("--analyze", "--analyzer-output", "text", "-Xanalyzer", "-analyzer-werror")
    ran = subprocess.run(command(job, *analyze), capture_output=True, text=True, check=False)
    if ran.returncode and not ran.stderr:
        return f"{job.path}: clang ended with {ran.returncode}\n"
    return ran.stderr


def cppcheck(out: Path) -> str:
    """Give what cppcheck finds in all of it."""
    ran = subprocess.run(
        [
            "cppcheck", "--quiet", "--std=c11", "--enable=warning,performance", f"-j{WORKERS}",
            "--suppressions-list=.ci/cppcheck.txt", "--error-exitcode=1",
            *(each.replace(f"{ROOT}/", "") for each in HEADERS), "-Iruntime_c/firmware",
            "runtime_c/src", "runtime_c/firmware", "tinyengine/run/native",
            *(str(out / name) for name in MODELS),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode and not ran.stderr:
        return f"cppcheck ended with {ran.returncode}\n"
    return ran.stderr


def main(chosen: Sequence[str]) -> int:
    """Analyze all, or the files whose names end with one of those chosen; 1 with any finding."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        out = Path(folder)
        jobs = [*kernels(), *counters(), *generated(out)]
        if chosen:
            jobs = [job for job in jobs if str(job.path).endswith(tuple(chosen))]
        once = list({key(job): job for job in jobs}.values())
        sys.stdout.write(f"clang's analyzer: {len(once)} different ones of {len(jobs)} files\n")
        sys.stdout.flush()
        found = [text for text in pool.map(findings, once) if text]
        if not chosen:
            found.extend(filter(None, [cppcheck(out)]))
        sys.stdout.write("".join(found))
        sys.stdout.write(f"{len(found)} files with findings\n")
    return 1 if found or not once else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
