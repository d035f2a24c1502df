import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { nodeColumnsQuery } from "@/api/lineage-queries";
import type { ColumnEdge } from "@/api/lineage-types";
import { nodeQuery } from "@/api/node-queries";
import { ButtonLink } from "@/components/ui/button";
import { CodeView } from "@/components/ui/code-view";
import { QueryView, Skeleton } from "@/components/ui/feedback";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { asEdited, rangeOf } from "./span";

interface SpanCodeProps {
  workspace: string;
  edge: ColumnEdge;
}

/** The compiled SQL that made an edge, the part that did it marked and in sight. */
export function SpanCode({ workspace, edge }: SpanCodeProps) {
  const reading = useReading();
  const links = useCatalogPaths(workspace);
  const node = useQuery(nodeQuery(workspace, reading, edge.to.node));
  const columns = useInfiniteQuery(nodeColumnsQuery(workspace, reading, edge.to.node));
  const code = columns.data?.pages[0]?.code;
  return (
    <QueryView query={node} what="the SQL" compact skeleton={<Skeleton className="h-56" />}>
      {(data) => {
        const compiled = data.compiled_code;
        if (edge.change === "removed") {
          return <Note>This edge is gone; the SQL that made it is of an earlier snapshot.</Note>;
        }
        if (!compiled)
          return <Note>The compiled SQL of {data.name} is not known, so it cannot be shown.</Note>;
        const range = code === "current" ? rangeOf(compiled, edge.span) : null;
        return (
          <div className="flex flex-col gap-1.5">
            <Says code={code} span={edge.span} found={range !== null} />
            <div className="overflow-hidden rounded-md border bg-surface">
              <CodeView
                code={asEdited(compiled)}
                language={data.language ?? "sql"}
                label={`Compiled SQL of ${data.name}`}
                mark={range}
                className="max-h-[22rem] overflow-hidden [&_.cm-editor]:max-h-[22rem]"
              />
            </div>
            <span>
              <ButtonLink look="quiet" to={links.node(edge.to.node, { tab: "code", code: "compiled" })}>
                All its code
              </ButtonLink>
            </span>
          </div>
        );
      }}
    </QueryView>
  );
}

interface SaysProps {
  code: "current" | "older" | "none" | undefined;
  span: readonly number[] | null;
  found: boolean;
}

function Says({ code, span, found }: SaysProps) {
  if (code === undefined || found) return null;
  if (code === "older") {
    return (
      <Note warning>
        The edge was read from an older version of this SQL. Where it was made cannot be marked in the one
        shown.
      </Note>
    );
  }
  if (code === "none")
    return <Note>The SQL it was read from is not kept, so the place cannot be marked.</Note>;
  if (span === null) return <Note>No single place in the SQL makes this edge.</Note>;
  return <Note>The place that made this edge is not in this SQL.</Note>;
}

function Note({ warning = false, children }: { warning?: boolean; children: ReactNode }) {
  return (
    <p className={warning ? "rounded-md bg-warning-soft px-2 py-1 text-xs" : "text-xs text-muted"}>
      {children}
    </p>
  );
}
