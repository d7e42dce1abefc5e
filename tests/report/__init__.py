"""What is told of a product: its page and its pictures."""
