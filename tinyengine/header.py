"""What NAME.h says of real numbers: macros, helpers that convert, and an example of use."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinyengine.ir import DType
from tinyengine.lower import Port, Program

_RANGES = {
    DType.INT8: (-128, 127),
    DType.UINT8: (0, 255),
    DType.INT16: (-32768, 32767),
    DType.INT32: (-(2**31), 2**31 - 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RealPort:
    """An input or output whose integers stand for real numbers, each `scale` * (q - zero point)."""

    argument: str
    macro: str
    c_type: str
    least: int
    most: int
    scale: str
    zero_point: int

    @property
    def defines(self) -> tuple[tuple[str, str], ...]:
        """The ends of the macros' names and what they stand for."""
        return ("SCALE", self.scale), ("ZERO_POINT", f"({self.zero_point})")


def real_port(program: Program, port: Port) -> RealPort | None:
    """Give how the integers of a port are to be read, None where they are just integers."""
    tensor = port.edge.tensor
    if tensor.quant is None or tensor.quant.per_channel or tensor.dtype not in _RANGES:
        return None
    if (tensor.scale, tensor.zero_point) == (1.0, 0) and tensor.dtype is DType.INT32:
        return None
    least, most = _RANGES[tensor.dtype]
    return RealPort(
        argument=port.argument,
        macro=f"{program.macro}_{port.macro}",
        c_type=port.c_type,
        least=least,
        most=most,
        scale=_literal(tensor.scale),
        zero_point=tensor.zero_point,
    )


def _literal(value: float) -> str:
    """Give the shortest C literal of the float that is nearest to `value`."""
    text = np.format_float_scientific(np.float32(value), unique=True, trim="0", exp_digits=1)
    mantissa, _, exponent = text.partition("e")
    if -5 <= int(exponent) < 7:
        text = np.format_float_positional(np.float32(value), unique=True, trim="0")
    else:
        text = f"{mantissa}e{int(exponent)}"
    return f"{text}f"


def example(program: Program) -> list[str]:
    """Give the lines of a C function, and of C++, that runs the model."""
    prefix = program.macro
    ports = (*program.inputs, *program.outputs)
    lines = [f"#define {prefix}_WITH_FLOAT", f'#include "{program.name}.h"', ""]
    lines += [
        f"static uint8_t {bank.arena}[{prefix}_{bank.macro}_BYTES]"
        f" __attribute__((aligned({prefix}_ARENA_ALIGN)));"
        for bank in program.arenas
    ]
    lines += [
        f"static {port.c_type} {port.argument}[{prefix}_{port.macro}_BYTES"
        f" / sizeof({port.c_type})];"
        for port in ports
    ]
    if program.states:
        begin = f"    (void){program.name}_init({program.arenas[0].arena});"
        lines += ["", "void begin_stream(void)", "{", begin, "}"]
    lines += ["", "float use_model(float (*sensor)(void))", "{"]
    for port in program.inputs:
        lines += _filling(program, port)
    arguments = ", ".join([*(bank.arena for bank in program.arenas), *(p.argument for p in ports)])
    first = program.outputs[0]
    result = f"(float){first.argument}[0]"
    if real_port(program, first) is not None:
        result = f"{program.name}_dequantize_{first.argument}({first.argument}[0])"
    lines += [f"    if ({program.name}_{program.verb}({arguments}) != {prefix}_OK) {{"]
    lines += ["        return -1.0f;", "    }", f"    return {result};", "}"]
    return lines


def _filling(program: Program, port: Port) -> Sequence[str]:
    """Give the lines that fill an input from a sensor."""
    value = "sensor()"
    if real_port(program, port) is not None:
        value = f"{program.name}_quantize_{port.argument}({value})"
    else:
        value = f"({port.c_type}){value}"
    size = f"sizeof {port.argument} / sizeof *{port.argument}"
    return (
        f"    for (uint32_t i = 0; i < {size}; i++) {{",
        f"        {port.argument}[i] = {value};",
        "    }",
    )
