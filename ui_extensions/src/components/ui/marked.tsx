import { partsOf } from "@/lib/match";

interface MarkedProps {
  text: string;
  ranges: readonly (readonly number[])[];
}

/** A text with the parts marked that a search found. */
export function Marked({ text, ranges }: MarkedProps) {
  let at = 0;
  return partsOf(text, ranges).map((part) => {
    const key = at;
    at += part.text.length;
    return part.marked ? (
      <mark key={key} className="rounded-sm bg-accent-soft font-semibold text-accent">
        {part.text}
      </mark>
    ) : (
      <span key={key}>{part.text}</span>
    );
  });
}
