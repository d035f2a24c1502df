import { useQuery, useQueryClient } from "@tanstack/react-query";
import { PlugZap } from "lucide-react";
import { useEffect } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import { keys } from "@/api/keys";
import type { Environment, EnvironmentCheck } from "@/api/types";
import { Button } from "@/components/ui/button";
import { ErrorState, Notice, QueryView } from "@/components/ui/feedback";
import { Facts, Panel, Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Ago, Unknown } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { isActive, runStatus } from "@/lib/status";
import { checkQuery, testLogQuery, testRunQuery, useTestConnection } from "./queries";
import { adapterState, connection, hindrance } from "./words";

interface Props {
  workspace: string;
  environment: Environment;
}

/** Whether dbt can connect: what is installed, and what `dbt debug` says. */
export function Connection({ workspace, environment }: Props) {
  const start = useMay("run:start", workspace);
  const test = useTestConnection(workspace, environment.key);
  const run = environment.last_test?.run_id ?? null;
  return (
    <Section
      title="Connection"
      actions={
        <Button
          denied={start.why ?? hindrance(environment)}
          disabled={test.isPending}
          onClick={() => test.mutate()}
        >
          <PlugZap size={14} aria-hidden />
          Test connection
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <Installed workspace={workspace} environment={environment.key} />
        {test.isError ? <ErrorState compact title="The test was not started" error={test.error} /> : null}
        {run === null ? (
          <StatusWord status={connection(environment)} />
        ) : (
          <Test key={run} workspace={workspace} runId={run} />
        )}
      </div>
    </Section>
  );
}

/** The test as it goes on, in dbt's words. */
function Test({ workspace, runId }: { workspace: string; runId: string }) {
  const run = useQuery(testRunQuery(workspace, runId));
  const log = useQuery(testLogQuery(workspace, runId));
  const queries = useQueryClient();
  const active = run.data === undefined || isActive(run.data.status);
  useEffect(() => {
    if (!active) void queries.invalidateQueries({ queryKey: keys.environments(workspace), exact: true });
  }, [active, queries, workspace]);
  const lines = log.data?.items ?? [];
  return (
    <Panel>
      <div className="flex flex-wrap items-center justify-between gap-2 border-b bg-surface px-3 py-2 text-sm">
        {run.data ? (
          <span className="flex items-center gap-2" role="status">
            <StatusWord status={runStatus(run.data.status)} />
            <span className="text-muted">
              <Ago at={run.data.created_at} />
            </span>
          </span>
        ) : (
          <Unknown why="its state is not known yet" />
        )}
        <Link className="text-accent hover:underline" to={paths.run(workspace, runId)}>
          The run
        </Link>
      </div>
      {run.isError ? <ErrorState compact title="Could not load the test" error={run.error} /> : null}
      {run.data?.status_message ? (
        <p className="border-b px-3 py-2 text-sm wrap-anywhere whitespace-pre-wrap text-failed">
          {run.data.status_message}
        </p>
      ) : null}
      <QueryView query={log} what="what dbt says" compact>
        {() => (
          <pre
            role="log"
            aria-label="What dbt says"
            className="max-h-72 overflow-auto p-3 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere"
          >
            {lines.length === 0 ? silence(active) : lines.map((line) => line.text).join("\n")}
          </pre>
        )}
      </QueryView>
    </Panel>
  );
}

const silence = (active: boolean) =>
  active ? "dbt has said nothing yet." : "Nothing is kept of what dbt said.";

function Installed({ workspace, environment }: { workspace: string; environment: string }) {
  const check = useQuery(checkQuery(workspace, environment));
  return (
    <QueryView query={check} what="what is installed" compact>
      {(data) => (
        <div className="flex flex-col gap-3">
          <Facts facts={factsOf(data)} />
          {data.variables_missing.length > 0 ? (
            <Notice tone="warning">
              The profile reads {data.variables_missing.join(", ")}, which{" "}
              {data.variables_missing.length === 1 ? "is" : "are"} not set here.
            </Notice>
          ) : null}
        </div>
      )}
    </QueryView>
  );
}

function factsOf(check: EnvironmentCheck) {
  const { dbt, adapters } = check;
  return [
    {
      name: "dbt",
      value: (
        <>
          {dbt.version ?? <Unknown why={dbt.error ?? "it does not say its version"} />}{" "}
          <span className="text-muted">
            {dbt.is_in_house ? "of the product" : (dbt.executable ?? "another one of the server")}
          </span>
        </>
      ),
    },
    ...(dbt.is_in_house ? [] : [{ name: "Asked", value: <Ago at={dbt.checked_at} /> }]),
    { name: "Adapter", value: <StatusWord status={adapterState(check)} /> },
    {
      name: "Installed adapters",
      value: adapters.installed?.join(", ") || <Unknown why="this dbt does not say" />,
    },
  ];
}
