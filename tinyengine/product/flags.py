"""The compiler's and linker's flags for firmware: the emitted Makefile has them, and so have we."""

WARNINGS = (
    "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wvla",
    "-Wmissing-prototypes", "-Wstrict-prototypes", "-Wcast-align", "-Wcast-qual",
)  # fmt: skip
CODE = ("-g1", "-fno-common", "-ffunction-sections", "-fdata-sections")
"""With lines and functions for debuggers; all variables would take a third of the time more."""
FILES = ("-fstack-usage", "-MMD")
"""What else the compiler writes: beside each object its stack use and what it depends on."""
INCLUDES = ("-I.", "-Ite", "-Ifirmware", "-idirafter", "firmware/libc")
LINK = (
    "-nostdlib", "-T", "firmware/link.ld", "-Wl,--gc-sections", "-Wl,--build-id=none",
    "-Wl,--nmagic", "-Wl,--fatal-warnings", "-Wl,-Map=firmware.map",
)  # fmt: skip
STANDARD, OPTIMIZE = "-std=c11", "-O2"
CLANG_LINK = ("-fuse-ld=lld",)
