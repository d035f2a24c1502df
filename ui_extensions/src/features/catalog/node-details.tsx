import type { ReactNode } from "react";
import { Link } from "react-router";
import type { NodeDetail } from "@/api/types";
import { KeyValues } from "@/components/ui/key-values";
import { type Fact, Facts, Panel, Section } from "@/components/ui/page";
import { Prose } from "@/components/ui/prose";
import { RecordTable } from "@/components/ui/record-table";
import { useCatalogPaths } from "@/lib/reading";
import { asText, fieldsOf, isBlank, listOf, textOf } from "@/lib/values";
import { detailsOf, remaining, webAddress } from "./details";
import { NodeRefs } from "./node-refs";
import { UnitTest } from "./unit-test";

interface DetailsProps {
  workspace: string;
  node: NodeDetail;
}

interface Kind {
  /** The keys this view shows; the rest is listed as it is. */
  keys: string[];
  view: (props: DetailsProps & { values: Record<string, unknown> }) => ReactNode;
}

const KINDS: Record<string, Kind> = {
  exposure: { keys: ["url", "maturity", "type", "label"], view: Exposure },
  metric: {
    keys: ["label", "type", "type_params", "filter", "time_granularity"],
    view: Metric,
  },
  semantic_model: {
    keys: ["model", "entities", "dimensions", "measures", "primary_entity", "defaults", "label"],
    view: SemanticModel,
  },
  saved_query: { keys: ["label", "query_params", "exports"], view: SavedQuery },
  macro: { keys: ["arguments", "macro_sql", "supported_languages"], view: Macro },
  group: { keys: ["members"], view: Group },
  doc: { keys: ["block_contents"], view: Doc },
  unit_test: { keys: ["given", "expect", "model", "overrides"], view: UnitTest },
};

/** What only nodes of this type have, readably; and whatever else the artifact says, as it says it. */
export function NodeDetails(props: DetailsProps) {
  const values = detailsOf(props.node);
  const kind = KINDS[props.node.resource_type];
  const rest = remaining(values, kind?.keys ?? []);
  return (
    <>
      {kind ? <kind.view {...props} values={values} /> : null}
      {Object.keys(rest).length > 0 ? (
        <Section title="Details">
          <KeyValues values={rest} />
        </Section>
      ) : null}
    </>
  );
}

type ViewProps = DetailsProps & { values: Record<string, unknown> };

const fact = (name: string, value: unknown): Fact[] =>
  isBlank(value) ? [] : [{ name, value: <span className="break-words">{asText(value)}</span> }];

function Exposure({ values }: ViewProps) {
  const url = webAddress(values["url"]);
  const facts = [
    ...fact("Kind", values["type"]),
    ...fact("Maturity", values["maturity"]),
    ...fact("Label", values["label"]),
    ...(url
      ? [
          {
            name: "Address",
            value: (
              <a
                href={url}
                rel="noreferrer"
                target="_blank"
                className="break-all text-accent hover:underline"
              >
                {url}
              </a>
            ),
          },
        ]
      : fact("Address", values["url"])),
  ];
  return facts.length === 0 ? null : (
    <Section title="Exposure">
      <Facts facts={facts} />
    </Section>
  );
}

function Metric({ values }: ViewProps) {
  const facts = [
    ...fact("Kind", values["type"]),
    ...fact("Label", values["label"]),
    ...fact("Grain", values["time_granularity"]),
  ];
  return (
    <>
      {facts.length === 0 ? null : (
        <Section title="Metric">
          <Facts facts={facts} />
        </Section>
      )}
      <Parts title="How it is calculated" values={fieldsOf(values["type_params"])} />
      <Parts title="Filter" values={fieldsOf(values["filter"])} />
    </>
  );
}

function Parts({ title, values }: { title: string; values: Record<string, unknown> }) {
  const rows = Object.values(values).every(isBlank) ? null : <KeyValues values={values} />;
  return rows ? <Section title={title}>{rows}</Section> : null;
}

function Records({ title, rows, first }: { title: string; rows: unknown; first: string[] }) {
  const list = listOf(rows);
  if (list.length === 0) return null;
  return (
    <Section title={`${title} (${list.length})`}>
      <Panel>
        <RecordTable label={title} rows={list} first={first} hidden={["config", "metadata"]} />
      </Panel>
    </Section>
  );
}

function SemanticModel({ values }: ViewProps) {
  const facts = [
    ...fact("Model", values["model"]),
    ...fact("Primary entity", values["primary_entity"]),
    ...fact("Defaults", values["defaults"]),
  ];
  return (
    <>
      {facts.length === 0 ? null : (
        <Section title="Semantic model">
          <Facts facts={facts} />
        </Section>
      )}
      <Records title="Entities" rows={values["entities"]} first={["name", "type", "expr"]} />
      <Records title="Dimensions" rows={values["dimensions"]} first={["name", "type", "expr"]} />
      <Records title="Measures" rows={values["measures"]} first={["name", "agg", "expr"]} />
    </>
  );
}

function SavedQuery({ values }: ViewProps) {
  return (
    <>
      <Parts title="What it asks" values={fieldsOf(values["query_params"])} />
      <Records title="Exports" rows={values["exports"]} first={["name"]} />
    </>
  );
}

function Macro({ workspace, node, values }: ViewProps) {
  return (
    <>
      <Records title="Arguments" rows={values["arguments"]} first={["name", "type", "description"]} />
      <NodeRefs
        workspace={workspace}
        title="Used by"
        refs={node.used_by}
        total={null}
        none="Nothing in this project."
      />
    </>
  );
}

function Group({ workspace, node, values }: ViewProps) {
  const links = useCatalogPaths(workspace);
  return (
    <>
      <Parts title="Owned by" values={fieldsOf(values["owner"])} />
      <Link
        className="self-start text-sm text-accent hover:underline"
        to={links.catalog({ resource_type: "all", group: node.name })}
      >
        Everything in this group
      </Link>
    </>
  );
}

function Doc({ node, values }: ViewProps) {
  const text = node.raw_code ?? textOf(values["block_contents"]);
  if (!text) return <p className="text-muted">This block is empty.</p>;
  return (
    <Section title="Text">
      <Prose text={text} />
    </Section>
  );
}
