"""Run on a real board behind a serial port."""
