import type { ReactNode } from "react";
import { useMay } from "@/api/access";
import type { NodeDetail } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { CodeView } from "@/components/ui/code-view";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/feedback";
import { Ago } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";

const VIEWS = [
  { key: "both", label: "Side by side" },
  { key: "source", label: "Source" },
  { key: "compiled", label: "Compiled" },
];

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
  const chosen = VIEWS.some((view) => view.key === params.get("code"))
    ? (params.get("code") ?? "both")
    : "both";
  return (
    <div className="flex flex-col gap-3">
      <div className="flex gap-1" role="group" aria-label="What to show">
        {VIEWS.map((view) => (
          <button
            key={view.key}
            type="button"
            aria-pressed={view.key === chosen}
            onClick={() => patch({ code: view.key === "both" ? null : view.key }, { replace: true })}
            className={cn(
              "h-7 rounded-md border px-2 text-sm",
              view.key === chosen ? "border-accent bg-accent-soft" : "text-muted hover:bg-hover",
            )}
          >
            {view.label}
          </button>
        ))}
      </div>
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
          The source has changed since this was compiled.
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
