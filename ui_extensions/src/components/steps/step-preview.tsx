import { Ago } from "@/components/ui/time";
import { formatNumber, plural, typeLabel } from "@/lib/format";

interface Preview {
  step: number;
  steps: {
    index: number;
    total: number | null;
    reason: string | null;
    by_type: Record<string, number>;
    as_of: string | null;
  }[];
  items: { unique_id: string; name: string; resource_type: string }[];
}

/** What is known of what a step would run; null while the form holds something that cannot be asked for. */
export type PreviewState = { data: Preview | undefined; problem: string | null; stale: boolean } | null;

/** How many and which nodes the chosen step would run. */
export function StepPreview({ state }: { state: PreviewState }) {
  if (state === null) return null;
  return (
    <section aria-label="Preview" className="text-sm">
      {state.problem ? (
        <p className="text-warning">Unknown what this would run: {state.problem}</p>
      ) : state.data ? (
        <PreviewOf preview={state.data} stale={state.stale} />
      ) : (
        <p className="text-muted">Looking up what this would run.</p>
      )}
    </section>
  );
}

function PreviewOf({ preview, stale }: { preview: Preview; stale: boolean }) {
  const step = preview.steps.find((one) => one.index === preview.step);
  if (!step) return null;
  if (step.total === null)
    return <p className="text-muted">Unknown how many nodes this would run: {step.reason}.</p>;
  if (step.reason) return <p className="text-muted">No nodes: {step.reason}.</p>;
  const kinds = Object.entries(step.by_type).map(
    ([kind, count]) => `${formatNumber(count)} ${typeLabel(kind).toLowerCase()}`,
  );
  return (
    <details className={stale ? "opacity-60" : undefined}>
      <summary className="cursor-pointer">
        This would run <b className="font-semibold">{plural(step.total, "node")}</b>
        {kinds.length > 0 ? `: ${kinds.join(", ")}` : ". Nothing matches the selection."}
      </summary>
      <ul className="mt-2 max-h-48 overflow-auto font-mono text-xs">
        {preview.items.map((node) => (
          <li key={node.unique_id} className="flex gap-2 py-px" title={node.unique_id}>
            <span className="w-20 shrink-0 text-faint">{node.resource_type}</span>
            <span className="min-w-0 break-all">{node.name}</span>
          </li>
        ))}
      </ul>
      {step.total > preview.items.length ? (
        <p className="mt-1 text-xs text-muted">
          The first {formatNumber(preview.items.length)} of {formatNumber(step.total)}.
        </p>
      ) : null}
      <p className="mt-1 text-xs text-faint">
        As the project was when its manifest was taken in
        {step.as_of ? (
          <>
            , <Ago at={step.as_of} />
          </>
        ) : null}
        .
      </p>
    </details>
  );
}
