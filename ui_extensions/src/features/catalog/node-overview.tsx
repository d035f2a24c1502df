import type { ReactNode } from "react";
import { Link } from "react-router";
import type { NodeDetail, NodeRef } from "@/api/types";
import { Notice } from "@/components/ui/feedback";
import { LastStatusMark } from "@/components/ui/last-status";
import { type Fact, Facts, Panel, Section } from "@/components/ui/page";
import { Prose } from "@/components/ui/prose";
import { TypeIcon } from "@/components/ui/resource";
import { StatusWord } from "@/components/ui/status";
import { Ago } from "@/components/ui/time";
import { formatDuration, formatNumber } from "@/lib/format";
import { paths } from "@/lib/paths";
import { nodeStatus } from "@/lib/status";

const TESTS = new Set(["test", "unit_test"]);

export function NodeOverview({ workspace, node }: { workspace: string; node: NodeDetail }) {
  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-6">
        <Section title="Description">
          {node.description ? (
            <Prose text={node.description} />
          ) : (
            <p className="text-muted">
              Nobody has described this {node.resource_type.replaceAll("_", " ")} yet.
            </p>
          )}
        </Section>
        <Section title="Facts">
          <Facts facts={factsOf(workspace, node)} />
        </Section>
        <KeyValues title="Details" values={node.extra} />
        <KeyValues title="Meta" values={node.meta} />
        <KeyValues title="Configuration" values={node.config} folded />
      </div>
      <div className="flex min-w-0 flex-col gap-6">
        {node.last_message && node.last_status ? <LastMessage workspace={workspace} node={node} /> : null}
        <Refs
          workspace={workspace}
          title="Built from"
          refs={node.parents}
          none="Nothing: it is at the start of the graph."
        />
        {node.missing_parents.length > 0 ? (
          <Notice tone="warning">
            It also refers to what is not in the project:{" "}
            <span className="font-mono text-xs break-all">{node.missing_parents.join(", ")}</span>
          </Notice>
        ) : null}
        {TESTS.has(node.resource_type) ? null : (
          <Refs
            workspace={workspace}
            title="Used by"
            refs={node.children.filter((child) => !TESTS.has(child.resource_type))}
            none="Nothing in this project."
          />
        )}
      </div>
    </div>
  );
}

function factsOf(workspace: string, node: NodeDetail): Fact[] {
  const mono = (text: string) => <code className="font-mono text-xs break-all">{text}</code>;
  const facts: Fact[] = [{ name: "Unique id", value: mono(node.unique_id) }];
  const add = (name: string, value: ReactNode) => value && facts.push({ name, value });
  add("Package", node.package_name);
  add("File", node.path ? mono(node.path) : null);
  add("Database", node.database_name ? mono(node.database_name) : null);
  add("Schema", node.schema_name ? <SchemaLink workspace={workspace} schema={node.schema_name} /> : null);
  add("Kind of test", node.kind);
  add("Tested column", node.column_name ? mono(node.column_name) : null);
  add("Severity", node.severity?.toLowerCase());
  add("Language", node.language);
  add("Tags", node.tags.length > 0 ? <TagLinks workspace={workspace} tags={node.tags} /> : null);
  if (node.freshness) {
    add("Newest row", <Ago at={node.freshness.max_loaded_at} none="not known" />);
    const age = node.freshness.age_seconds;
    add("Age at check", typeof age === "number" ? formatDuration(age) : null);
  }
  if (node.depends_on_macros.length > 0) add("Macros used", formatNumber(node.depends_on_macros.length));
  return facts;
}

function SchemaLink({ workspace, schema }: { workspace: string; schema: string }) {
  return (
    <Link className="font-mono text-xs hover:underline" to={paths.models(workspace, { schema })}>
      {schema}
    </Link>
  );
}

function TagLinks({ workspace, tags }: { workspace: string; tags: string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {tags.map((tag) => (
        <Link
          key={tag}
          to={paths.models(workspace, { tag })}
          className="rounded-sm border px-1 text-xs hover:border-line-strong"
        >
          {tag}
        </Link>
      ))}
    </span>
  );
}

/** What dbt said the last time; shown where it is more than "fine". */
function LastMessage({ workspace, node }: { workspace: string; node: NodeDetail }) {
  const status = nodeStatus(node.last_status);
  if (status.tone === "ok" || status.tone === "unknown") return null;
  return (
    <Section
      title={<StatusWord status={status} />}
      actions={
        node.last_run_id ? (
          <Link
            className="text-sm text-accent hover:underline"
            to={paths.run(workspace, node.last_run_id, { node: node.unique_id })}
          >
            In its run
          </Link>
        ) : null
      }
    >
      <pre className="max-h-72 overflow-auto rounded-md border bg-surface p-3 font-mono text-xs whitespace-pre-wrap break-words">
        {node.last_message}
      </pre>
    </Section>
  );
}

interface RefsProps {
  workspace: string;
  title: string;
  refs: NodeRef[];
  none: string;
}

function Refs({ workspace, title, refs, none }: RefsProps) {
  return (
    <Section title={refs.length > 0 ? `${title} (${formatNumber(refs.length)})` : title}>
      {refs.length === 0 ? (
        <p className="text-sm text-muted">{none}</p>
      ) : (
        <Panel className="max-h-96 overflow-y-auto">
          <ul>
            {refs.map((ref) => (
              <RefRow key={ref.unique_id} workspace={workspace} node={ref} />
            ))}
          </ul>
        </Panel>
      )}
    </Section>
  );
}

function RefRow({ workspace, node }: { workspace: string; node: NodeRef }) {
  return (
    <li className="border-b last:border-b-0">
      <Link
        to={paths.node(workspace, node.unique_id)}
        className="flex items-center gap-2 px-3 py-1.5 text-sm hover:bg-hover"
      >
        <TypeIcon type={node.resource_type} />
        <span className="min-w-0 flex-1 truncate font-mono" title={node.unique_id}>
          {node.name}
        </span>
        {node.materialization ? <span className="text-xs text-faint">{node.materialization}</span> : null}
        <LastStatusMark node={node} />
      </Link>
    </li>
  );
}

function KeyValues({
  title,
  values,
  folded = false,
}: {
  title: string;
  values: Record<string, unknown>;
  folded?: boolean;
}) {
  const entries = Object.entries(values).filter(([, value]) => value !== null && !isEmpty(value));
  if (entries.length === 0) return null;
  const table = (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">
      {entries.map(([key, value]) => (
        <div key={key} className="contents">
          <dt className="font-mono text-muted">{key}</dt>
          <dd className="font-mono whitespace-pre-wrap break-words">{asText(value)}</dd>
        </div>
      ))}
    </dl>
  );
  if (!folded) return <Section title={title}>{table}</Section>;
  return (
    <details>
      <summary className="mb-2 font-semibold">{title}</summary>
      {table}
    </details>
  );
}

const isEmpty = (value: unknown) =>
  value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
const SHORT = 80;

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  const short = JSON.stringify(value);
  return short.length <= SHORT ? short : JSON.stringify(value, null, 2);
}
