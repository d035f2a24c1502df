import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { describeError } from "@/api/errors";
import { nodeColumnsQuery } from "@/api/lineage-queries";
import type { ColumnLineage } from "@/api/lineage-types";
import { StatusMark } from "@/components/ui/status";
import { useDebounced } from "@/lib/hooks";
import { useReading } from "@/lib/reading";
import { Combo } from "./combo";
import { columnState } from "./words";

interface ColumnSearchProps {
  workspace: string;
  uniqueId: string;
  placeholder: string;
  onChoose: (column: string) => void;
}

/** The columns of a node that lineage knows. */
export function ColumnSearch({ workspace, uniqueId, placeholder, onChoose }: ColumnSearchProps) {
  const [text, setText] = useState("");
  const [asked, setAsked] = useState(false);
  const q = useDebounced(text.trim(), 150);
  const found = useInfiniteQuery({
    ...nodeColumnsQuery(workspace, useReading(), uniqueId, q),
    enabled: asked,
  });
  const first = found.data?.pages[0];
  const empty = found.isError
    ? `Could not load the columns. ${describeError(found.error).message}`
    : found.isFetching
      ? "Searching"
      : first?.status === "not_traced"
        ? "The columns have not been read yet."
        : "No column has this name.";
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only asks for the columns once somebody is about to choose
    <div onFocus={() => setAsked(true)}>
      <Combo<ColumnLineage>
        label={placeholder}
        listLabel="Columns"
        eager
        items={first?.columns.items ?? []}
        keyOf={({ name }) => name}
        onType={setText}
        onChoose={({ name }) => onChoose(name)}
        empty={empty}
      >
        {(item) => {
          const state = columnState(item.status);
          return (
            <>
              <span className="min-w-0 flex-1 truncate font-mono">{item.name}</span>
              {state.tone === "ok" ? null : <StatusMark tone={state.tone} title={state.label} size={12} />}
            </>
          );
        }}
      </Combo>
    </div>
  );
}
