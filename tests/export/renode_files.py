"""Reads platform descriptions of Renode, as far as ours go.

The grammar is that of Renode's documentation, "Describing platforms".
"""

import re

_TYPES = {
    "Memory.MappedMemory": {"size"},
    "Memory.ArrayMemory": {"size"},
    "IRQControllers.NVIC": {"priorityMask", "systickFrequency", "IRQ"},
    "CPU.CortexM": {"cpuType", "PerformanceInMips", "nvic"},
    "Miscellaneous.DWT": {"frequency"},
    "UART.STM32_UART": set(),
    "UART.STM32F7_USART": {"frequency"},
    "UART.PL011": set(),
    "UART.NRF52840_UART": set(),
}
_ENTRY = re.compile(r"(\w+): ([\w.]+) @ sysbus(?: (<0x[0-9A-F]{8}, \+0x[0-9A-F]+>|0x[0-9A-F]{8}))?")
_ATTRIBUTE = re.compile(r'    (\w+)(?:: (0x[0-9A-F]+|\d+|"[^"]+"|\w+)| -> (\w+)@(\d+))')


def read_repl(text):
    """Give name → (class, address, attributes) of a platform; every line must be understood."""
    entries, name = {}, None
    for line in text.splitlines():
        if not line or line.startswith("//"):
            continue
        if found := _ENTRY.fullmatch(line):
            name = found[1]
            assert name not in entries, f"{name} is there twice"
            assert found[2] in _TYPES, line
            address = re.search(r"0x[0-9A-F]+", found[3] or "")
            entries[name] = (found[2], int(address[0], 16) if address else None, {})
        else:
            found = _ATTRIBUTE.fullmatch(line)
            assert found and name, f"not understood: {line}"
            assert found[1] in _TYPES[entries[name][0]], line
            entries[name][2][found[1]] = found[2] or found[3]
    for _, _, attributes in entries.values():
        for key in ("nvic", "IRQ"):
            assert attributes.get(key, "cpu") in entries
    return entries
