import { CircleHelp } from "lucide-react";
import { Popover } from "@/components/ui/popover";

const EXAMPLES: { text: string; what: string }[] = [
  { text: "order customer", what: "both words, in names, columns, descriptions, tags or SQL" },
  { text: "tag:daily", what: "everything with a tag" },
  { text: "+fct_orders", what: "a node and all that feeds it" },
  { text: "stg_orders+2", what: "a node and two steps of what it feeds" },
  { text: "@dim_customers", what: "what it feeds, and all that this needs" },
  { text: "path:models/marts", what: "what is in a folder" },
  { text: "config.materialized:incremental", what: "by configuration" },
  { text: "source:raw.*", what: "by source; * and ? stand for any letters" },
  { text: "tag:daily,path:models/marts", what: "both: a comma without a space" },
  { text: "tag:daily tag:weekly", what: "either: a space" },
  { text: "tag:daily revenue", what: "a selector and a word within it" },
];

interface HelpProps {
  onTry: (text: string) => void;
}

/** What the search box understands, each example to be tried. */
export function SelectorHelp({ onTry }: HelpProps) {
  return (
    <Popover
      label="What can be searched"
      className="w-md"
      trigger={
        <button
          type="button"
          aria-label="What can be searched"
          title="What can be searched"
          className="inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink"
        >
          <CircleHelp size={16} aria-hidden />
        </button>
      }
    >
      <p className="mb-2 text-sm text-muted">
        Plain words search; what dbt reads as a selector filters, by dbt's own rules. Both can be mixed.
      </p>
      <ul className="flex flex-col gap-0.5">
        {EXAMPLES.map(({ text, what }) => (
          <li key={text}>
            <button
              type="button"
              onClick={() => onTry(text)}
              className="grid w-full grid-cols-2 gap-3 rounded-sm px-1.5 py-1 text-left text-sm hover:bg-hover"
            >
              <code className="font-mono text-xs leading-5 break-all">{text}</code>{" "}
              <span className="text-muted">{what}</span>
            </button>
          </li>
        ))}
      </ul>
    </Popover>
  );
}
