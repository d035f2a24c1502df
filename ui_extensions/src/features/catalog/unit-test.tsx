import type { NodeDetail } from "@/api/types";
import { KeyValues } from "@/components/ui/key-values";
import { Panel, Section } from "@/components/ui/page";
import { RecordTable } from "@/components/ui/record-table";
import { fieldsOf, isBlank, listOf, textOf } from "@/lib/values";

interface UnitTestProps {
  node: NodeDetail;
  values: Record<string, unknown>;
}

/** What a unit test is given and what it expects, as the tables they are. */
export function UnitTest({ values }: UnitTestProps) {
  const overrides = fieldsOf(values["overrides"]);
  const model = textOf(values["model"]);
  return (
    <>
      {model ? (
        <p className="text-sm">
          Tests <code className="font-mono">{model}</code>
        </p>
      ) : null}
      {listOf(values["given"]).map((given, place) => {
        const fields = fieldsOf(given);
        const input = textOf(fields["input"]) ?? "an input";
        // biome-ignore lint/suspicious/noArrayIndexKey: two may be of the same input
        return <Rows key={`${input} ${place}`} title={`Given ${input}`} fields={fields} />;
      })}
      {isBlank(values["expect"]) ? null : <Rows title="Expect" fields={fieldsOf(values["expect"])} />}
      {Object.values(overrides).every(isBlank) ? null : (
        <Section title="With these in place of the real ones">
          <KeyValues values={overrides} />
        </Section>
      )}
    </>
  );
}

/** Rows are a list, or CSV or SQL as text, or in a file of their own. */
function Rows({ title, fields }: { title: string; fields: Record<string, unknown> }) {
  const { rows, fixture } = fields;
  return (
    <Section title={title}>
      {typeof rows === "string" ? (
        <pre className="max-h-72 overflow-auto rounded-md border bg-surface p-3 font-mono text-xs">
          {rows}
        </pre>
      ) : null}
      {Array.isArray(rows) && rows.length > 0 ? (
        <Panel>
          <RecordTable label={title} rows={rows} empty="null" />
        </Panel>
      ) : null}
      {Array.isArray(rows) && rows.length === 0 ? <p className="text-sm text-muted">No rows.</p> : null}
      {isBlank(rows) && !Array.isArray(rows) ? (
        <p className="text-sm text-muted">
          {typeof fixture === "string" ? `The rows of the file ${fixture}.` : "The rows are not known."}
        </p>
      ) : null}
    </Section>
  );
}
