"""What kernels cost: measured tables and estimates."""
