"""What is measured, and how: `make bench ONLY=<area>`. Prints ratios; nothing here fails on time."""
