import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { NodeDetail, NodeTest } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState } from "@/components/ui/feedback";
import { FlakyMark } from "@/components/ui/flaky-mark";
import { Panel } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Unknown } from "@/components/ui/time";
import { formatNumber } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { isOpenable } from "@/lib/runs";
import { nodeStatus } from "@/lib/status";
import { nodeHistoryQuery } from "./queries";

export function NodeTests({ workspace, node }: { workspace: string; node: NodeDetail }) {
  if (node.test_results.length === 0) {
    return (
      <EmptyState title="It has no tests">
        Tests are written in the project's YAML, or as SQL files. They appear here after the project is parsed
        again.
      </EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <RunTests workspace={workspace} node={node} />
      <TestTable workspace={workspace} node={node} />
    </div>
  );
}

function RunTests({ workspace, node }: { workspace: string; node: NodeDetail }) {
  const start = useMay("run:start", workspace);
  const { snapshot } = useReading();
  if (snapshot) return null;
  return (
    <div>
      <ButtonLink
        denied={start.why}
        to={paths.runs(workspace, { new: 1, command: "test", select: node.name })}
      >
        <Play size={14} aria-hidden />
        Run the tests
      </ButtonLink>
    </div>
  );
}

function TestTable({ workspace, node }: { workspace: string; node: NodeDetail }) {
  // Which are flaky is a mark beside: without an answer the table is complete all the same.
  const history = useQuery(nodeHistoryQuery(workspace, useReading(), node.unique_id));
  const flaky = new Set(history.data?.flaky_tests);
  return (
    <Panel>
      <Table label="Tests">
        <Heads
          columns={["Last result", "Test", "Column", "Severity", { numeric: "Failing rows" }, "Last run"]}
        />
        <tbody>
          {node.test_results.map((test) => (
            <TestRow
              key={test.unique_id}
              workspace={workspace}
              test={test}
              flaky={flaky.has(test.unique_id)}
            />
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}

function TestRow({ workspace, test, flaky }: { workspace: string; test: NodeTest; flaky: boolean }) {
  const links = useCatalogPaths(workspace);
  return (
    <tr className="hover:bg-hover">
      <Td>
        <StatusWord status={nodeStatus(test.last_status)} />
        {flaky ? (
          <span className="block">
            <FlakyMark />
          </span>
        ) : null}
      </Td>
      <Td className="max-w-lg min-w-48">
        <Link
          to={links.node(test.unique_id)}
          className="font-mono text-xs leading-5 break-all hover:underline"
        >
          {test.name}
        </Link>
        {test.last_message ? (
          <p className="font-mono text-xs whitespace-pre-wrap break-words text-muted">{test.last_message}</p>
        ) : null}
      </Td>
      <Td className="font-mono text-xs leading-5">
        {test.column_name ?? <Unknown why="the whole relation" />}
      </Td>
      <Td className="text-muted">{test.severity?.toLowerCase() ?? <Unknown why="not known" />}</Td>
      <Td numeric>
        {typeof test.failures === "number" ? formatNumber(test.failures) : <Unknown why="never run" />}
        {test.failures_relation ? <StoredRows relation={test.failures_relation} /> : null}
      </Td>
      <Td className="text-muted">
        {isOpenable(test.last_run_id) ? (
          <Link
            to={paths.run(workspace, test.last_run_id, { node: test.unique_id })}
            className="hover:underline"
          >
            <Ago at={test.last_run_at} none="at an unknown time" />
          </Link>
        ) : (
          <Ago at={test.last_run_at} />
        )}
      </Td>
    </tr>
  );
}

/** Where dbt keeps the rows that failed. */
function StoredRows({ relation }: { relation: string }) {
  return (
    <span className="flex flex-col items-end">
      <code className="font-mono text-xs break-all text-muted">{relation}</code>
      <CopyButton text={`select * from ${relation}`} label="Copy a query of them" />
    </span>
  );
}
