"""Rows of a benchmark: what was measured, against what, and whether the target was met."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """A figure. `ratio` is `value` over what it is held `against`; `target` is the largest good ratio."""

    name: str
    value: float
    unit: str
    against: str | None = None
    ratio: float | None = None
    target: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target was met; None where there is none."""
        return None if self.target is None or self.ratio is None else self.ratio <= self.target


def held(name: str, value: float, unit: str, against: Row, target: float | None = None) -> Row:
    """A figure held against another one."""
    ratio = round(value / against.value, 3)
    return Row(name, round(value, 2), unit, f"{against.name} ({against.value} {against.unit})", ratio, target)


def write(area: str, rows: Sequence[Row]) -> None:
    """Print the table and keep it as JSON."""
    RESULTS.mkdir(exist_ok=True)
    items = [{**asdict(row), "met": row.met} for row in rows]
    (RESULTS / f"{area}.json").write_text(json.dumps(items, indent=2) + "\n")
    print(f"\n{area}")
    for row in rows:
        met = {None: "", True: "met", False: "MISSED"}[row.met]
        ratio = "" if row.ratio is None else f"{row.ratio:6.2f} x {row.against}"
        target = "" if row.target is None else f"target {row.target}"
        print(f"  {row.name:<44} {row.value:>8.2f} {row.unit:<4} {ratio:<70} {target:<12} {met}")
