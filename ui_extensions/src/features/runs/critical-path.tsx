import type { RunTimeline } from "@/api/types";
import { TypeIcon } from "@/components/ui/resource";
import { StatusMark } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { formatDuration, plural } from "@/lib/format";
import { nodeStatus } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";

const WHY: Record<string, string> = {
  parent: "its parent",
  test: "a test of its parent",
  thread: "a free thread",
  step: "the step before",
};
/** A path may be thousands of nodes long; the longest of them are where time can be won. */
const MOST = 100;

/** The chain that made the run as long as it was, as a list: also for those who do not see the picture. */
export function CriticalPath({ timeline }: { timeline: RunTimeline }) {
  const { patch } = useUrlState();
  const { critical } = timeline;
  if (critical.length === 0) return null;
  const seconds = (index: number) => (timeline.ends[index] ?? 0) - (timeline.starts[index] ?? 0);
  const longest = [...critical]
    .sort((left, right) => seconds(right.index) - seconds(left.index))
    .slice(0, MOST)
    .map(({ index }) => index);
  const shown = critical.filter(({ index }) => longest.includes(index));
  const open = (index: number) =>
    patch({ node: timeline.unique_ids[index] ?? null, q: timeline.unique_ids[index] ?? null, view: null });
  return (
    <section>
      <h3 className="mb-1 font-semibold">Critical path</h3>
      <p className="mb-2 text-sm text-muted">
        {plural(critical.length, "node")}, {formatDuration(timeline.critical_seconds)} of work in a row. Each
        is what the next one waited for; only what is on it can make the run shorter.
        {shown.length < critical.length ? ` The ${MOST} longest of them:` : ""}
      </p>
      <div className="rounded-md border">
        <Table label="Critical path">
          <Heads columns={["Node", "Waited for", { numeric: "Idle before" }, { numeric: "Duration" }]} />
          <tbody>
            {shown.map(({ index, waited_for, gap }) => (
              <tr key={`${timeline.steps[index]}:${timeline.unique_ids[index]}`} className="hover:bg-hover">
                <Td>
                  <button
                    type="button"
                    className="inline-flex items-center gap-1.5 text-left hover:underline"
                    onClick={() => open(index)}
                  >
                    <StatusMark
                      tone={nodeStatus(timeline.statuses[index]).tone}
                      title={nodeStatus(timeline.statuses[index]).label}
                      size={12}
                    />
                    <TypeIcon type={timeline.resource_types[index] ?? ""} size={13} />
                    <span className="font-mono text-xs break-all">{timeline.names[index]}</span>
                  </button>
                </Td>
                <Td className="text-muted">{waited_for ? WHY[waited_for] : "nothing"}</Td>
                <Td numeric className="text-muted">
                  {gap > 0.05 ? formatDuration(gap) : ""}
                </Td>
                <Td numeric>{formatDuration(seconds(index))}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </section>
  );
}
