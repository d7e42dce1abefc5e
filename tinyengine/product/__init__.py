"""From compiled sources to measured firmware in a directory."""
