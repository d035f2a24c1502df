"""How the product is started: the command line, the one-machine supervisor, the container files."""
