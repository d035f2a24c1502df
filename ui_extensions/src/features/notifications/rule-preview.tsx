import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { NotificationEvent } from "@/api/types";
import { ErrorState } from "@/components/ui/feedback";
import { FilterSelect } from "@/components/ui/field";
import { cn } from "@/lib/cn";
import { useDebounced } from "@/lib/hooks";
import { previewQuery } from "./queries";
import { previewOf, type RuleForm } from "./rule-form";
import { eventLabel } from "./words";

const PAUSE = 400;

/** The message as it would be, about an example that never happened. */
export function RulePreview({ workspace, form }: { workspace: string; form: RuleForm }) {
  const [chosen, setChosen] = useState<NotificationEvent | null>(null);
  const event = chosen && form.events.includes(chosen) ? chosen : form.events[0];
  // As text: what is typed makes another object each time, also where nothing changed.
  const asked = useDebounced(event ? JSON.stringify(previewOf(form, event)) : "", PAUSE);
  if (!event || !asked) return null;
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex items-center justify-between gap-2">
        <h3 className="text-sm font-medium">Preview, of an example</h3>
        <FilterSelect
          label="Event of the example"
          className="w-52"
          value={event}
          onChange={(value) => setChosen(value as NotificationEvent)}
          options={form.events.map((value) => ({ value, label: eventLabel(value) }))}
        />
      </div>
      <Shown workspace={workspace} body={JSON.parse(asked)} />
    </div>
  );
}

function Shown({ workspace, body }: { workspace: string; body: ReturnType<typeof previewOf> }) {
  const preview = useQuery(previewQuery(workspace, body));
  if (preview.isError) return <ErrorState compact title="These words cannot be used" error={preview.error} />;
  if (!preview.data) return <p className="text-sm text-faint">Being written</p>;
  return (
    <div
      role="region"
      aria-label="Preview"
      className={cn("rounded-md border bg-surface p-3 text-sm", preview.isPlaceholderData && "opacity-60")}
    >
      <p className="font-medium">{preview.data.title}</p>
      <p className="mt-1 break-words whitespace-pre-wrap">{preview.data.body}</p>
    </div>
  );
}
