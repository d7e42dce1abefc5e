"""Native helpers of the emulators that count what executes."""
