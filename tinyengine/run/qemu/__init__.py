"""Run firmware in QEMU, on a machine of the same core."""
