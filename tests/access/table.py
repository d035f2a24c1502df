"""Reads the expected table that people read: tests/access/table.md."""

from pathlib import Path
from typing import Final

COLUMNS: Final = ("nobody", "outsider", "viewer", "developer", "admin", "instance admin")

Row = dict[str, str]


def _sections() -> dict[str, list[Row]]:
    """The rows of every table, by the heading above it."""
    found: dict[str, list[Row]] = {}
    names: list[str] = []
    title = ""
    for line in Path(__file__).with_name("table.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            title, names = line.lstrip("# "), []
        elif line.startswith("|") and not line.startswith("|-"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if names:
                found.setdefault(title, []).append(dict(zip(names, cells, strict=True)))
            else:
                names = cells
    return found


_READ: Final = _sections()

SCOPES: Final = {row["scope"]: {name: row[name] for name in COLUMNS} for row in _READ["Scopes"]}
NOT_FOR_TOKENS: Final = frozenset(row["scope"] for row in _READ["Scopes that no API token can carry"])
PUBLIC: Final = {
    row["route"]: frozenset(int(status) for status in row["answers"].split(","))
    for row in _READ["Public routes"]
}
UNDOCUMENTED: Final = {
    row["route"]: frozenset(int(status) for status in row["answers to nobody"].split(","))
    for row in _READ["Routes outside the document"]
}
EXCEPTIONS: Final = {row["route"]: row["scope"] for row in _READ["Methods and scopes"]}


def expected(column: str, scope: str, *, in_workspace: bool) -> str:
    """The cell for a route that needs a scope."""
    cell = SCOPES[scope][column]
    return "404" if in_workspace and column == "outsider" and cell != "401" else cell
