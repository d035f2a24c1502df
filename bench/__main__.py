"""`python -m bench [AREA]`: measure one area, or all that have figures."""

import sys

from bench import access, catalog, lineage, lineage_canvas, lineage_product, runs, schedules, start
from bench.report import write

AREAS = {
    "start": start.measure,
    "runs": runs.measure,
    "access": access.measure,
    "catalog": catalog.measure,
    "schedules": schedules.measure,
    "lineage": lambda: [*lineage.measure(), *lineage_product.measure(), *lineage_canvas.measure()],
}


def main(wanted: list[str]) -> int:
    """Measure and print. Returns 2 for an area that is not measured."""
    unknown = [area for area in wanted if area not in AREAS]
    if unknown:
        print(f"Nothing is measured for {', '.join(unknown)} yet. Areas with figures: {', '.join(AREAS)}.")
        return 2
    for area in wanted or AREAS:
        write(area, AREAS[area]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
