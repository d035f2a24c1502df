import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { describeError } from "@/api/errors";
import { searchQuery } from "@/api/node-queries";
import type { NodeRef, SearchHit } from "@/api/types";
import { TypeIcon } from "@/components/ui/resource";
import { typeLabel } from "@/lib/format";
import { useDebounced } from "@/lib/hooks";
import { useReading } from "@/lib/reading";
import { Combo } from "./combo";

interface NodeSearchProps {
  workspace: string;
  placeholder: string;
  onChoose: (uniqueId: string, name: string) => void;
  main?: boolean;
}

/** A search box whose list is the nodes that match. */
export function NodeSearch({ workspace, placeholder, onChoose, main = true }: NodeSearchProps) {
  const [text, setText] = useState("");
  const q = useDebounced(text, 150);
  const found = useQuery(searchQuery(workspace, useReading(), q));
  return (
    <Combo<NodeRef>
      label={placeholder}
      listLabel="Nodes"
      main={main}
      items={q.trim() ? nodesOf(found.data?.items ?? []) : []}
      keyOf={({ unique_id }) => unique_id}
      onType={setText}
      onChoose={(item) => onChoose(item.unique_id, item.name)}
      empty={emptyWords(found.isError, found.isFetching || q !== text, found.error)}
    >
      {(item) => (
        <>
          <TypeIcon type={item.resource_type} />
          <span className="min-w-0 flex-1 truncate font-mono">{item.name}</span>
          <span className="text-xs text-faint">{typeLabel(item.resource_type)}</span>
        </>
      )}
    </Combo>
  );
}

/** A node may be found by several of its columns. */
const nodesOf = (hits: SearchHit[]) => [...new Map(hits.map(({ node }) => [node.unique_id, node])).values()];

function emptyWords(failed: boolean, fetching: boolean, error: unknown): string {
  if (failed) return `Could not search. ${describeError(error).message}`;
  return fetching ? "Searching" : "No node has this name.";
}
