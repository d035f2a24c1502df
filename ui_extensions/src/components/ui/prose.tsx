import { Fragment } from "react";

/** Plain text as people write it in YAML: blank lines part paragraphs, `this` is code. Nothing else is interpreted. */
export function Prose({ text, className = "" }: { text: string; className?: string }) {
  const paragraphs = text.trim().split(/\n\s*\n/);
  return (
    <div className={`flex max-w-3xl flex-col gap-2 break-words ${className}`}>
      {paragraphs.map((paragraph, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: paragraphs have no other name than their place
        <p key={index} className="whitespace-pre-line">
          <Inline text={joined(paragraph)} />
        </p>
      ))}
    </div>
  );
}

/** Folded lines are one line again; a line that begins a list item stays a line. */
const joined = (paragraph: string) => paragraph.replace(/\n(?!\s*(?:[-*]|\d+\.)\s)/g, " ");

/** A line of text with its `code` set as code. */
export function Inline({ text }: { text: string }) {
  return text.split(/(`[^`]+`)/).map((part, index) =>
    part.length > 2 && part.startsWith("`") && part.endsWith("`") ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other name than their place
      <code key={index} className="rounded-sm bg-sunken px-1 font-mono text-[0.92em]">
        {part.slice(1, -1)}
      </code>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above
      <Fragment key={index}>{part}</Fragment>
    ),
  );
}
