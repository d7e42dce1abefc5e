"""NAME_run refuses null pointers and arenas that are not aligned, and then touches nothing."""

import ctypes
import subprocess
from pathlib import Path

import pytest

from tests.builders.graphs import random_graph
from tests.support import require_tool
from tinyengine.board.types import Isa
from tinyengine.lower import Program, lower
from tinyengine.passes import run_passes
from tinyengine.render import Origin, render_model
from tinyengine.schedule import Room, make_plan

OK, ERROR_ALIGNMENT, ERROR_NULL = 0, 1, 2
"""As the header has them, for the caller's switch."""


def program_of(*, banks: int = 1, streams: bool = False) -> Program:
    """Give a network with several inputs and outputs, or with one input that is streamed."""
    graph = run_passes(random_graph(7 if streams else 3, steps=5, image=12, channels=6))
    plan = make_plan(graph, Isa.DSP, layers_only=True, stream_input=streams)
    if banks == 2:
        whole = plan.arena_nbytes
        room = Room(nbytes=2 * whole, walls=(whole * 3 // 4 // 16 * 16,))
        plan = make_plan(graph, Isa.DSP, layers_only=True, budget=room)
    program = lower(plan, "net")
    assert len(program.arenas) == banks and program.streams_input == streams
    return program


class Model:
    """A model built for the host, and memory for all its arguments."""

    def __init__(self, program: Program, folder: Path) -> None:
        files = render_model(program, Origin(model="net.tflite", sha256="0" * 64, command="none"))
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        sources = [str(folder / name) for name in files if name.endswith(".c")]
        command = [require_tool("gcc"), "-std=c11", "-O1", "-shared", "-fPIC", f"-I{folder}"]
        command += [f"-I{folder / 'te'}", "-o", str(folder / "net.so"), *sources]
        subprocess.run(command, check=True, timeout=60)
        self.library = ctypes.CDLL(str(folder / "net.so"))
        sizes = [bank.nbytes + 16 for bank in program.arenas]
        sizes += [port.nbytes for port in (*program.inputs, *program.outputs)]
        self.memory = [ctypes.create_string_buffer(b"\x55" * n, n) for n in sizes]
        places = [ctypes.addressof(each) for each in self.memory]
        self.arenas = len(program.arenas)
        self.arguments = [
            -(-place // 16) * 16 if index < self.arenas else place
            for index, place in enumerate(places)
        ]

    def run(self, arguments: list[int]) -> int:
        return self.library.net_run(*map(ctypes.c_void_p, arguments))

    def contents(self) -> list[bytes]:
        return [each.raw for each in self.memory]


@pytest.fixture(params=[{}, {"banks": 2}, {"streams": True}], ids=["one", "two banks", "streamed"])
def model(request, tmp_path):
    return Model(program_of(**request.param), tmp_path)


def test_good_arguments_are_accepted(model):
    assert model.run(model.arguments) == OK


def test_any_null_pointer_is_refused(model):
    before = model.contents()
    for index in range(len(model.arguments)):
        arguments = [0 if i == index else place for i, place in enumerate(model.arguments)]
        assert model.run(arguments) == ERROR_NULL, f"argument {index}"
    assert model.contents() == before


def test_any_arena_that_is_not_aligned_is_refused(model):
    before = model.contents()
    for index in range(model.arenas):
        for shift in (1, 4, 8):
            places = enumerate(model.arguments)
            arguments = [place + shift if i == index else place for i, place in places]
            assert model.run(arguments) == ERROR_ALIGNMENT, f"arena {index}"
    assert model.contents() == before


def test_rows_need_a_reader_and_its_context_is_the_callers(tmp_path):
    program = program_of(streams=True)
    model = Model(program, tmp_path)
    arena, _, *outputs = model.arguments
    reader_type = ctypes.CFUNCTYPE(
        ctypes.c_int, ctypes.c_void_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_int8)
    )
    seen = []
    reader = reader_type(lambda context, row, _: seen.append((context, row)) or 0)

    def run(read_row):
        pointers = map(ctypes.c_void_p, outputs)
        return model.library.net_run_rows(ctypes.c_void_p(arena), read_row, None, *pointers)

    assert run(None) == ERROR_NULL
    assert run(reader) == OK
    assert [row for _, row in seen] == list(range(program.inputs[0].rows.rows))
    assert {context for context, _ in seen} == {None}


def test_the_header_tells_the_codes():
    origin = Origin(model="net.tflite", sha256="0" * 64, command="none")
    header = render_model(program_of(), origin)["net.h"]
    for name, value in (("OK", OK), ("ERROR_ALIGNMENT", ERROR_ALIGNMENT), ("ERROR_NULL", 2)):
        assert f"#define NET_{name} {value}\n" in header
