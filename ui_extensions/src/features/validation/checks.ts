import type { TrendPoint } from "@/api/types";
import type { Series } from "@/components/ui/line-chart";

export type Check = "undocumented" | "untested" | "ownerless" | "failing" | "stale" | "columns_undocumented";

interface CheckWords {
  check: Check;
  /** What is missing, as the name of the list. */
  label: string;
  /** What the bar counts: those in order. */
  covered: string;
}

export const CHECKS: CheckWords[] = [
  { check: "failing", label: "Failing", covered: "not failing" },
  { check: "stale", label: "Stale", covered: "fresh" },
  { check: "untested", label: "Untested", covered: "tested" },
  { check: "undocumented", label: "Undocumented", covered: "described" },
  { check: "columns_undocumented", label: "Columns undocumented", covered: "described" },
  { check: "ownerless", label: "Without owner", covered: "owned" },
];

export const labelOf = (check: string) =>
  CHECKS.find((one) => one.check === check)?.label ?? check.replaceAll("_", " ");

const share = (part = 0, whole = 0) => (whole > 0 ? (100 * part) / whole : null);

/** Coverage as lines, oldest first. Where there was nothing to cover, there is no share. */
export function seriesOf(points: readonly TrendPoint[]): Series[] {
  return [
    {
      name: "Described",
      hue: "text-accent",
      values: points.map((one) => share(one.documented, one.models)),
    },
    { name: "Tested", hue: "text-ok", values: points.map((one) => share(one.tested, one.models)) },
    { name: "Owned", hue: "text-warning", values: points.map((one) => share(one.owned, one.models)) },
    {
      name: "Columns described",
      hue: "text-type-metric",
      values: points.map((one) => share(one.columns_documented, one.columns)),
    },
  ];
}
