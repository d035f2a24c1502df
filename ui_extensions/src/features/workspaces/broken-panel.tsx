import { RotateCw } from "lucide-react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { Workspace } from "@/api/types";
import { Button, ButtonLink } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { ErrorState, Notice } from "@/components/ui/feedback";
import { Prose } from "@/components/ui/prose";
import { StatusMark } from "@/components/ui/status";
import { Ago } from "@/components/ui/time";
import { tellingLine } from "@/lib/messages";
import { paths } from "@/lib/paths";
import { useParseAgain } from "./queries";

/** What a workspace whose project cannot be read says in the place of its pages. */
export function BrokenPanel({ workspace }: { workspace: Workspace }) {
  return (
    <section aria-labelledby="broken-title" className="mx-auto max-w-3xl px-5 py-8 max-md:px-3">
      <div className="flex items-start gap-3">
        <span className="mt-1">
          <StatusMark tone="failed" size={20} />
        </span>
        <div className="min-w-0 flex-1">
          <h2 id="broken-title" className="text-lg font-semibold">
            dbt could not read this project
          </h2>
          <p className="text-muted">
            Nothing is known about the models of {workspace.name} until the project parses. Other workspaces
            are not affected. The project is in{" "}
            <code className="font-mono text-sm break-all">{workspace.project_dir}</code>.
          </p>
          <DbtMessage workspace={workspace} />
          <ParseAgain workspace={workspace.key} />
        </div>
      </div>
    </section>
  );
}

function DbtMessage({ workspace }: { workspace: Workspace }) {
  const message = workspace.state_message ?? "dbt gave no message.";
  return (
    <div className="my-4">
      <div className="overflow-hidden rounded-md border">
        <div className="flex items-center justify-between border-b bg-surface py-0.5 pr-1 pl-3 text-xs text-muted">
          The reason
          <CopyButton text={message} />
        </div>
        <pre className="max-h-[50vh] overflow-auto p-3 font-mono text-xs whitespace-pre-wrap break-words">
          {message}
        </pre>
      </div>
      {workspace.state_hint ? <Prose className="mt-2" text={workspace.state_hint} /> : null}
    </div>
  );
}

function ParseAgain({ workspace }: { workspace: string }) {
  const parse = useParseAgain(workspace);
  const start = useMay("run:start", workspace);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap gap-2">
        <Button look="primary" denied={start.why} onClick={() => parse.mutate()} disabled={parse.isPending}>
          <RotateCw size={14} aria-hidden />
          {parse.isPending ? "Asking dbt to parse" : "Parse again"}
        </Button>
        <ButtonLink to={paths.runs(workspace)}>Show its runs</ButtonLink>
      </div>
      <ParseOutcome workspace={workspace} parse={parse} />
    </div>
  );
}

function ParseOutcome({ workspace, parse }: { workspace: string; parse: ReturnType<typeof useParseAgain> }) {
  if (parse.isError) {
    return <ErrorState compact title="Parsing was not started" error={parse.error} />;
  }
  if (!parse.isSuccess) return null;
  return (
    <Notice tone="running">
      Parsing was started.{" "}
      <Link className="font-medium underline" to={paths.run(workspace, parse.data.run_id)}>
        Watch it
      </Link>
      . This page changes by itself when the project can be read.
    </Notice>
  );
}

/** Above pages which still show the last good catalog of a project that no longer parses. */
export function OutdatedCatalogNotice({ workspace }: { workspace: Workspace }) {
  const parse = useParseAgain(workspace.key);
  const start = useMay("run:start", workspace.key);
  const reason = tellingLine(workspace.state_message ?? "");
  return (
    <div className="px-5 pt-3 max-md:px-3">
      <Notice tone="failed">
        <details>
          <summary>
            dbt can no longer read this project. You see what was known <Ago at={workspace.manifest_at} />.
            {reason ? <span className="ml-1 font-mono text-xs break-words">{reason}</span> : null}
          </summary>
          <pre className="mt-2 max-h-60 overflow-auto font-mono text-xs whitespace-pre-wrap">
            {workspace.state_message}
          </pre>
          {workspace.state_hint ? <Prose className="mt-1" text={workspace.state_hint} /> : null}
        </details>
        {start.may ? (
          <button
            type="button"
            className="mt-1 font-medium underline"
            onClick={() => parse.mutate()}
            disabled={parse.isPending}
          >
            Parse again
          </button>
        ) : null}
      </Notice>
      <ParseOutcome workspace={workspace.key} parse={parse} />
    </div>
  );
}

/** A workspace whose project was never read. */
export function FirstParsePanel({ workspace }: { workspace: Workspace }) {
  return (
    <section className="mx-auto max-w-xl px-5 py-10 max-md:px-3">
      <h2 className="flex items-center gap-2 text-lg font-semibold">
        <StatusMark tone="unknown" size={18} />
        This project has not been read yet
      </h2>
      <p className="mt-1 mb-4 text-muted">
        Models, tests and lineage appear here once dbt has parsed it. If that has just begun, this page
        changes by itself when it is done.
      </p>
      <ParseAgain workspace={workspace.key} />
    </section>
  );
}
