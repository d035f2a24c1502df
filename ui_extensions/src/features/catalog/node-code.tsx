import type { ReactNode } from "react";
import { useMay } from "@/api/access";
import type { NodeDetail } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { CodeView } from "@/components/ui/code-view";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/feedback";
import { Segmented } from "@/components/ui/segmented";
import { Ago } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";

const VIEWS = [
  { value: "both", label: "Side by side" },
  { value: "source", label: "Source" },
  { value: "compiled", label: "Compiled" },
];

/** Code that others compile into theirs. */
const NEVER_COMPILED = new Set(["macro", "doc", "function"]);

export function NodeCode({ workspace, node }: { workspace: string; node: NodeDetail }) {
  const { params, patch } = useUrlState();
  if (!node.raw_code && !node.compiled_code) {
    return (
      <EmptyState title="It has no code">
        A {node.resource_type.replaceAll("_", " ")} is declared in YAML or loaded from a file; there is no SQL
        to show.
      </EmptyState>
    );
  }
  if (NEVER_COMPILED.has(node.resource_type)) return <Source node={node} />;
  const chosen = VIEWS.some((view) => view.value === params.get("code"))
    ? (params.get("code") ?? "both")
    : "both";
  return (
    <div className="flex flex-col gap-3">
      <Segmented
        label="What to show"
        value={chosen}
        options={VIEWS}
        onChange={(view) => patch({ code: view === "both" ? null : view }, { replace: true })}
      />
      <div className={cn("grid min-w-0 gap-3", chosen === "both" && "xl:grid-cols-2")}>
        {chosen === "compiled" ? null : <Source node={node} />}
        {chosen === "source" ? null : <Compiled workspace={workspace} node={node} />}
      </div>
    </div>
  );
}

function Source({ node }: { node: NodeDetail }) {
  const title = node.path ? `Source, ${node.path}` : "Source";
  if (!node.raw_code)
    return <CodeFrame title={title}>{<EmptyState title="The source is not known" />}</CodeFrame>;
  return (
    <CodeFrame title={title} copy={node.raw_code}>
      <CodeView code={node.raw_code} language={node.language ?? "sql"} label="Source" />
    </CodeFrame>
  );
}

function Compiled({ workspace, node }: { workspace: string; node: NodeDetail }) {
  if (!node.compiled_code) return <NeverCompiled workspace={workspace} node={node} />;
  const title = (
    <>
      Compiled <Ago at={node.compiled_at} none="at an unknown time" />
    </>
  );
  return (
    <CodeFrame title={title} copy={node.compiled_code}>
      {node.compiled_stale ? (
        <p className="border-b bg-warning-soft px-3 py-1 text-xs">
          The source has changed since this was compiled: it is of an older version.
        </p>
      ) : null}
      <CodeView code={node.compiled_code} language={node.language ?? "sql"} label="Compiled" />
    </CodeFrame>
  );
}

function NeverCompiled({ workspace, node }: { workspace: string; node: NodeDetail }) {
  const start = useMay("run:start", workspace);
  return (
    <CodeFrame title="Compiled">
      <EmptyState
        title="Never compiled"
        action={
          <ButtonLink
            denied={start.why}
            to={paths.runs(workspace, { new: 1, command: "compile", select: node.name })}
          >
            Compile it
          </ButtonLink>
        }
      >
        dbt writes the compiled SQL when it compiles, runs or builds this node.
      </EmptyState>
    </CodeFrame>
  );
}

function CodeFrame({ title, copy, children }: { title: ReactNode; copy?: string; children: ReactNode }) {
  return (
    <section className="min-w-0 overflow-hidden rounded-md border bg-surface">
      <div className="flex h-9 items-center justify-between gap-2 border-b pr-1 pl-3 text-xs text-muted">
        <span className="truncate">{title}</span>
        {copy === undefined ? null : <CopyButton text={copy} />}
      </div>
      {children}
    </section>
  );
}
