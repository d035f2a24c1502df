import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import type { NodeDetail, OverrideField } from "@/api/types";
import { Notice } from "@/components/ui/feedback";
import { filled, KeyValues } from "@/components/ui/key-values";
import { type Fact, Facts, Section } from "@/components/ui/page";
import { Prose } from "@/components/ui/prose";
import { StatusWord } from "@/components/ui/status";
import { Ago } from "@/components/ui/time";
import { TrustReasons } from "@/components/ui/trust";
import { formatNumber, typeLabel } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useCatalogPaths } from "@/lib/reading";
import { nodeStatus, trustStatus } from "@/lib/status";
import { Editable } from "./editable";
import { TESTS } from "./kinds";
import { NodeDetails } from "./node-details";
import { NodeRefs } from "./node-refs";
import { FreshnessFacts, Statistics, TableFacts } from "./warehouse";

interface PartProps {
  workspace: string;
  node: NodeDetail;
}

/** What has no owner, tags or metadata of its own to be said otherwise. */
const NOT_EDITED = new Set(["doc", "macro", "group", "operation", "sql_operation"]);

export function NodeOverview({ workspace, node }: PartProps) {
  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-6">
        <Spoken workspace={workspace} node={node} />
        <NodeDetails workspace={workspace} node={node} />
        <Section title="Facts">
          <Facts facts={factsOf(workspace, node)} />
        </Section>
        <Folded title="Configuration" values={node.config} />
      </div>
      <div className="flex min-w-0 flex-col gap-6">
        <TrustPanel node={node} />
        {node.last_message && node.last_status ? <LastMessage workspace={workspace} node={node} /> : null}
        <FreshnessFacts workspace={workspace} node={node} />
        <Statistics node={node} />
        <TableFacts node={node} />
        <Relatives workspace={workspace} node={node} />
      </div>
    </div>
  );
}

/** What people say of the node, here or in the project. */
function Spoken({ workspace, node }: PartProps) {
  const [editing, setEditing] = useState<OverrideField | null>(null);
  const part = (field: OverrideField, content: ReactNode) => (
    <Editable workspace={workspace} node={node} field={field} editing={editing} onEdit={setEditing}>
      {content}
    </Editable>
  );
  const description = node.description ? (
    <Prose text={node.description} />
  ) : (
    <p className="text-muted">Nobody has described this {typeLabel(node.resource_type)} yet.</p>
  );
  if (NOT_EDITED.has(node.resource_type)) return <Section title="Description">{description}</Section>;
  return (
    <>
      {part("description", description)}
      {part("owner", node.owner ? <p>{node.owner}</p> : <p className="text-muted">Nobody owns it.</p>)}
      {part("tags", <TagLinks workspace={workspace} tags={node.tags} />)}
      {part(
        "meta",
        filled(node.meta).length > 0 ? <KeyValues values={node.meta} /> : <p className="text-muted">None.</p>,
      )}
    </>
  );
}

function TrustPanel({ node }: { node: NodeDetail }) {
  if (node.trust === null) return null;
  const status = trustStatus(node.trust);
  return (
    <Section title={<StatusWord status={status} />}>
      <div className="text-sm">
        <TrustReasons trust={node.trust} reasons={node.trust_reasons} />
      </div>
    </Section>
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
  add("Version", node.version);
  add("Tests", node.attached_node ? <NodeLink workspace={workspace} uniqueId={node.attached_node} /> : null);
  add("Tested column", node.column_name ? mono(node.column_name) : null);
  add("Severity", node.severity?.toLowerCase());
  add("Language", node.language);
  if (node.depends_on_macros.length > 0) add("Macros used", formatNumber(node.depends_on_macros.length));
  if (node.first_seen) add("First seen", <Ago at={node.first_seen.at} />);
  if (node.last_changed) add("Last changed", <Ago at={node.last_changed.at} />);
  return facts;
}

function NodeLink({ workspace, uniqueId }: { workspace: string; uniqueId: string }) {
  const links = useCatalogPaths(workspace);
  return (
    <Link className="font-mono text-xs break-all hover:underline" to={links.node(uniqueId)}>
      {uniqueId.split(".").slice(2).join(".") || uniqueId}
    </Link>
  );
}

function SchemaLink({ workspace, schema }: { workspace: string; schema: string }) {
  const links = useCatalogPaths(workspace);
  return (
    <Link className="font-mono text-xs hover:underline" to={links.catalog({ schema })}>
      {schema}
    </Link>
  );
}

function TagLinks({ workspace, tags }: { workspace: string; tags: string[] }) {
  const links = useCatalogPaths(workspace);
  if (tags.length === 0) return <p className="text-muted">None.</p>;
  return (
    <span className="flex flex-wrap gap-1">
      {tags.map((tag) => (
        <Link
          key={tag}
          to={links.catalog({ tag, resource_type: "all" })}
          className="max-w-full truncate rounded-sm border px-1 text-xs hover:border-line-strong"
        >
          {tag}
        </Link>
      ))}
    </span>
  );
}

/** What dbt said the last time; shown where it is more than "fine". */
function LastMessage({ workspace, node }: PartProps) {
  const status = nodeStatus(node.last_status);
  if (status.tone === "ok" || status.tone === "unknown") return null;
  return (
    <Section
      title={<StatusWord status={status} />}
      actions={
        node.last_run_id && !node.last_run_external ? (
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

const UNRELATED = new Set(["doc", "group", "macro"]);

/** What it is built from and what uses it. */
function Relatives({ workspace, node }: PartProps) {
  if (UNRELATED.has(node.resource_type)) return null;
  return (
    <>
      <NodeRefs
        workspace={workspace}
        title="Built from"
        refs={node.parents}
        total={node.parents_total}
        none="Nothing: it is at the start of the graph."
      />
      {node.missing_parents.length > 0 ? (
        <Notice tone="warning">
          It also refers to what is not in the project:{" "}
          <span className="font-mono text-xs break-all">{node.missing_parents.join(", ")}</span>
        </Notice>
      ) : null}
      {TESTS.has(node.resource_type) ? null : (
        <NodeRefs
          workspace={workspace}
          title="Used by"
          refs={node.children.filter((child) => !TESTS.has(child.resource_type))}
          total={null}
          none="Nothing in this project."
        />
      )}
    </>
  );
}

function Folded({ title, values }: { title: string; values: Record<string, unknown> }) {
  if (filled(values).length === 0) return null;
  return (
    <details>
      <summary className="mb-2 font-semibold">{title}</summary>
      <KeyValues values={values} />
    </details>
  );
}
