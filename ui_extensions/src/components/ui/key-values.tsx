import { asText, isBlank } from "@/lib/values";

/** Names and values as an artifact has them, whatever they are. Null when there is nothing to show. */
export function KeyValues({ values }: { values: Record<string, unknown> }) {
  const entries = filled(values);
  if (entries.length === 0) return null;
  return (
    <dl className="grid grid-cols-[minmax(0,max-content)_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">
      {entries.map(([key, value]) => (
        <div key={key} className="contents">
          <dt className="font-mono break-words text-muted">{key}</dt>
          <dd className="font-mono whitespace-pre-wrap break-words">{asText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

export const filled = (values: Record<string, unknown>) =>
  Object.entries(values).filter(([, value]) => !isBlank(value));
