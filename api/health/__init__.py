"""Whether the process lives, and whether the product can serve."""
