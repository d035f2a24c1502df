import { X } from "lucide-react";
import type { Patch } from "@/lib/url-state";
import { type Chosen, countOf, FIELDS, FIRST_PAGE, NO_CHOICE } from "./filters";

/** What is chosen, each to be taken away by a click. */
export function Chips({ chosen, patch }: { chosen: Chosen; patch: (change: Patch) => void }) {
  if (countOf(chosen) === 0) return null;
  return (
    <ul className="flex flex-wrap items-center gap-1.5" aria-label="Chosen filters">
      {FIELDS.flatMap((field) =>
        chosen[field.key].map((value) => (
          <li key={`${field.key} ${value}`} className="min-w-0">
            <button
              type="button"
              aria-label={`Remove ${field.label.toLowerCase()} ${field.word(value)}`}
              onClick={() =>
                patch({ [field.key]: chosen[field.key].filter((one) => one !== value), ...FIRST_PAGE })
              }
              className="inline-flex h-6 max-w-72 items-center gap-1 rounded-md border border-accent bg-accent-soft px-1.5 text-xs hover:border-line-strong"
            >
              <span className="text-muted">{field.label}</span>
              <span className="truncate">{value === "all" ? "everything" : field.word(value)}</span>
              <X size={12} aria-hidden className="shrink-0" />
            </button>
          </li>
        )),
      )}
      <li>
        <button
          type="button"
          className="text-xs text-accent hover:underline"
          onClick={() => patch(NO_CHOICE)}
        >
          Clear all
        </button>
      </li>
    </ul>
  );
}
