import { Link } from "react-router";
import type { NodeDetail, NodeTest } from "@/api/types";
import { EmptyState } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Table, Td, Th } from "@/components/ui/table";
import { Ago, Unknown } from "@/components/ui/time";
import { formatNumber } from "@/lib/format";
import { paths } from "@/lib/paths";
import { nodeStatus } from "@/lib/status";

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
    <Panel>
      <Table label="Tests">
        <thead>
          <tr>
            <Th>Last result</Th>
            <Th>Test</Th>
            <Th>Column</Th>
            <Th>Severity</Th>
            <Th numeric>Failing rows</Th>
            <Th>Last run</Th>
          </tr>
        </thead>
        <tbody>
          {node.test_results.map((test) => (
            <TestRow key={test.unique_id} workspace={workspace} test={test} />
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}

function TestRow({ workspace, test }: { workspace: string; test: NodeTest }) {
  return (
    <tr className="hover:bg-hover">
      <Td>
        <StatusWord status={nodeStatus(test.last_status)} />
      </Td>
      <Td className="max-w-lg min-w-48">
        <Link
          to={paths.node(workspace, test.unique_id)}
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
      </Td>
      <Td className="text-muted">
        {test.last_run_id ? (
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
