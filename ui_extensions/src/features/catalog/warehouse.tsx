import { Link } from "react-router";
import type { NodeDetail, Statistic } from "@/api/types";
import { Hint } from "@/components/ui/hint";
import { type Fact, Facts, Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Ago, Unknown } from "@/components/ui/time";
import { formatDuration, formatNumber } from "@/lib/format";
import { paths } from "@/lib/paths";
import { isOpenable } from "@/lib/runs";
import { freshnessStatus } from "@/lib/status";
import { asText, isBlank } from "@/lib/values";

/** How fresh a source was at its last check. */
export function FreshnessFacts({ workspace, node }: { workspace: string; node: NodeDetail }) {
  const { freshness } = node;
  if (!freshness) return null;
  const facts: Fact[] = [
    { name: "At the last check", value: <StatusWord status={freshnessStatus(freshness.status)} /> },
    { name: "Newest row", value: <Ago at={freshness.max_loaded_at} none="not known" /> },
    { name: "Checked", value: <Ago at={freshness.snapshotted_at} none="at an unknown time" /> },
  ];
  if (typeof freshness.age_seconds === "number")
    facts.push({ name: "Age then", value: formatDuration(freshness.age_seconds) });
  return (
    <Section
      title="Freshness"
      actions={
        isOpenable(freshness.run_id) ? (
          <Link
            className="text-sm text-accent hover:underline"
            to={paths.run(workspace, freshness.run_id, { node: node.unique_id })}
          >
            In its run
          </Link>
        ) : null
      }
    >
      <Facts facts={facts} />
      {freshness.message ? <p className="mt-1 text-sm break-words text-muted">{freshness.message}</p> : null}
    </Section>
  );
}

/** What the warehouse counts of a table; each adapter has statistics of its own. */
export function Statistics({ node }: { node: NodeDetail }) {
  const shown = node.statistics.filter((one) => one.id !== "has_stats");
  if (shown.length === 0) return null;
  return (
    <Section title="Statistics">
      <Facts
        facts={shown.map((one) => ({ name: one.label ?? one.id, value: <StatisticValue one={one} /> }))}
      />
    </Section>
  );
}

function StatisticValue({ one }: { one: Statistic }) {
  const value = isBlank(one.value) ? <Unknown why="the warehouse did not tell" /> : statisticText(one.value);
  return one.description ? <Hint says={one.description}>{value}</Hint> : value;
}

export function statisticText(value: unknown): string {
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return asText(value);
}

/** The table as the warehouse has it, where it was asked. */
export function TableFacts({ node }: { node: NodeDetail }) {
  const table = node.table_metadata;
  if (!table) return null;
  const named: [string, string | null | undefined][] = [
    ["Kind", table.type],
    ["Owner in the warehouse", table.owner],
    ["Database", table.database],
    ["Schema", table.schema],
    ["Comment", table.comment],
  ];
  const facts = named.filter(([, value]) => value).map(([name, value]) => ({ name, value }));
  if (facts.length === 0) return null;
  return (
    <Section title="In the warehouse">
      <Facts facts={facts} />
    </Section>
  );
}
