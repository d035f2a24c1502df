import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import { describeError } from "@/api/errors";
import { searchQuery } from "@/api/node-queries";
import type { NodeRef, SearchHit } from "@/api/types";
import { CONTROL } from "@/components/ui/field";
import { TypeIcon } from "@/components/ui/resource";
import { cn } from "@/lib/cn";
import { typeLabel } from "@/lib/format";
import { useDebounced } from "@/lib/hooks";
import { useReading } from "@/lib/reading";

interface NodeSearchProps {
  workspace: string;
  placeholder: string;
  onChoose: (uniqueId: string) => void;
}

/** A search box whose list is the nodes that match; arrows and Enter choose. */
export function NodeSearch({ workspace, placeholder, onChoose }: NodeSearchProps) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const q = useDebounced(text, 150);
  const found = useQuery(searchQuery(workspace, useReading(), q));
  const items = q.trim() ? nodesOf(found.data?.items ?? []) : [];
  const listId = useId();
  const box = useRef<HTMLDivElement>(null);
  useCloseOutside(box, () => setOpen(false));

  const choose = (item: NodeRef | undefined) => {
    if (!item) return;
    setText("");
    setOpen(false);
    onChoose(item.unique_id);
  };
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape") setOpen(false);
    else if (event.key === "Enter") choose(items[active]);
    else if (event.key === "ArrowDown") setActive((index) => Math.min(index + 1, items.length - 1));
    else if (event.key === "ArrowUp") setActive((index) => Math.max(index - 1, 0));
    else return;
    event.preventDefault();
  };
  const showing = open && text.trim() !== "";
  return (
    <div ref={box} className="relative w-full max-w-md">
      <input
        role="combobox"
        aria-expanded={showing}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-label={placeholder}
        aria-activedescendant={showing && items[active] ? `${listId}-${active}` : undefined}
        className={cn(CONTROL, "w-full")}
        placeholder={placeholder}
        value={text}
        data-page-search
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={onKeyDown}
      />
      {showing ? (
        <ul
          id={listId}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the list of a combobox
          role="listbox"
          aria-label="Nodes"
          className="absolute z-30 mt-1 max-h-80 w-full overflow-auto rounded-md border border-line-strong bg-canvas p-1"
        >
          {items.map((item, index) => (
            <li
              key={item.unique_id}
              id={`${listId}-${index}`}
              // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: an option of a combobox
              role="option"
              aria-selected={index === active}
              tabIndex={-1}
              onMouseEnter={() => setActive(index)}
              onMouseDown={(event) => {
                event.preventDefault();
                choose(item);
              }}
              className={cn(
                "flex cursor-pointer items-center gap-2 rounded-sm px-2 py-1 text-sm",
                index === active && "bg-hover",
              )}
            >
              <TypeIcon type={item.resource_type} />
              <span className="min-w-0 flex-1 truncate font-mono">{item.name}</span>
              <span className="text-xs text-faint">{typeLabel(item.resource_type)}</span>
            </li>
          ))}
          {items.length === 0 ? (
            <li className="px-2 py-1.5 text-sm text-muted">
              {emptyWords(found.isError, found.isFetching, found.error)}
            </li>
          ) : null}
        </ul>
      ) : null}
    </div>
  );
}

/** A node may be found by several of its columns. */
const nodesOf = (hits: SearchHit[]) => [...new Map(hits.map(({ node }) => [node.unique_id, node])).values()];

function emptyWords(failed: boolean, fetching: boolean, error: unknown): string {
  if (failed) return `Could not search. ${describeError(error).message}`;
  return fetching ? "Searching" : "No node has this name.";
}

function useCloseOutside(box: React.RefObject<HTMLElement | null>, close: () => void): void {
  useEffect(() => {
    const onDown = (event: MouseEvent) => {
      if (!box.current?.contains(event.target as Node)) close();
    };
    document.addEventListener("mousedown", onDown);
    return () => document.removeEventListener("mousedown", onDown);
  });
}
