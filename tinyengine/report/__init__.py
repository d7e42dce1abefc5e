"""What is told of a product: the report, its page and its pictures."""
