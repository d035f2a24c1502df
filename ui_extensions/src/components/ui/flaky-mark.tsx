import { StatusMark } from "@/components/ui/status";

const WHY = "Lately it came out otherwise with the same code on the same data";

/** A node whose outcome is not settled by its code and its data; see docs/runs.md. */
export function FlakyMark() {
  return (
    <span className="inline-flex items-center gap-1 text-xs text-warning" title={WHY}>
      <StatusMark tone="warning" size={12} />
      Flaky
      <span className="sr-only">: {WHY}</span>
    </span>
  );
}
