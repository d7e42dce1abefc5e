"""Run firmware in Unicorn, on the board's own memories."""
