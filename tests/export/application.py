"""Run an example application in the test firmware: what it prints comes back as the output."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.board.project import PORT_NBYTES, write_project
from tests.export.harness import LIBC, compiler, link_firmware, run
from tinyengine.board import Board
from tinyengine.run import open_runner

# As much of printf as the examples need.
_MODEL = """\
#include "application.h"
#include "dummy.h"
#include <stdarg.h>

static int8_t *end;

static void put(const char *text)
{
    while (*text) {
        *end++ = (int8_t)*text++;
    }
}

void application_print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (; *format; ++format) {
        if (format[0] == '%' && format[1] == 's') {
            put(va_arg(arguments, const char *));
            ++format;
        } else {
            *end++ = (int8_t)*format;
        }
    }
    va_end(arguments);
}

int dummy_run(void *arena, const int8_t *input0, int8_t *output0)
{
    (void)arena;
    (void)input0;
    end = output0;
    application_run();
    *end = 0;
    return 0;
}
"""

_HEADER = """\
#ifdef __cplusplus
extern "C" {
#endif
void application_print(const char *format, ...);
void application_run(void); /* the whole application, up to its first repetition */
#ifdef __cplusplus
}
#endif
"""

_PRINTF = '#include "application.h"\n#define printf application_print\n'
_ARDUINO_H = """\
#pragma once
#include "application.h"
struct Port {
    void begin(long) {}
    void print(const char *text) { application_print("%s", text); }
    void print(unsigned long) { print("(a number)"); }
    void println(const char *text) { print(text); print("\\n"); }
};
static Port Serial;
static inline unsigned long micros(void) { return 0; }
static inline void delay(unsigned long) {}
"""

_ENDS: Mapping[str, str] = {
    "main": "int main(void);\nvoid application_run(void) { (void)main_of_example(); }\n",
    "app_main": "void app_main(void);\nvoid application_run(void) { app_main(); }\n",
    "setup": """\
void setup();
void loop();
extern "C" void application_run(void) { setup(); loop(); }
""",
}

EXAMPLES: Mapping[str, tuple[str, str]] = {
    "cmake": ("examples/self_test/main.c", "main"),
    "zephyr": ("samples/self_test/src/main.c", "main"),
    "arduino": ("examples/self_test/self_test.ino", "setup"),
    "platformio": ("examples/self_test/src/main.cpp", "setup"),
    "cmsis-pack": ("examples/self_test/main.c", "main"),
    "esp-idf": ("examples/self_test/main/main.c", "app_main"),
    "makefile-lib": ("examples/self_test/main.c", "main"),
}
"""Where each ecosystem's example is, and where it begins."""


def example_firmware(
    folder: Path,
    board: Board,
    example: Path,
    begins: str,
    objects: Sequence[Path],
    includes: Sequence[Path],
) -> Path:
    """Build a firmware that runs the application in the file `example`; give the ELF."""
    write_project(folder, board, _MODEL)
    stubs = folder / "stubs"
    headers = {
        "application.h": _HEADER,
        "stdio.h": _PRINTF,
        "zephyr/sys/printk.h": _PRINTF.replace("printf", "printk"),
        "Arduino.h": _ARDUINO_H,
    }
    for name, text in headers.items():
        (stubs / name).parent.mkdir(parents=True, exist_ok=True)
        (stubs / name).write_text(text)
    text = example.read_text().replace("int main(void)", "int main_of_example(void)")
    end = _ENDS[begins].replace("int main(void)", "int main_of_example(void)")
    is_cpp = begins == "setup"
    first = '#include "Arduino.h"\n' if is_cpp else ""  # as Arduino's builder does with sketches
    source = folder / ("example.cpp" if is_cpp else "example.c")
    source.write_text(f'{first}#include "application.h"\n{end}{text}')
    folders = [f"-I{path}" for path in (stubs, example.parent, folder, *includes)]
    made = folder / "example.o"
    language = "c++" if is_cpp else "c"
    quiet = () if is_cpp else ("-Wno-missing-prototypes",)
    run(
        [*compiler(board, language), *quiet, *folders, "-idirafter", LIBC, "-c", source, "-o", made]
    )
    model = folder / "model.o"
    run([*compiler(board), *folders, "-idirafter", LIBC, "-c", folder / "dummy.c", "-o", model])
    return link_firmware(folder, board, [made, model, *objects], includes)


def printed(elf: Path, board: Board) -> str:
    """Give what the application of a firmware prints; times are left out."""
    with open_runner(elf, board, (PORT_NBYTES,)) as runner:
        (output,) = runner.infer([bytes(PORT_NBYTES)]).outputs
    return re.sub(r", \(a number\).*", "", output.split(b"\0")[0].decode())
