"""Text that comes from outside, made fit to keep."""


def storable(text: str) -> str:
    """The same text as PostgreSQL and UTF-8 can hold it: NUL and half characters become U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
