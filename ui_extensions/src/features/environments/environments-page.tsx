import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { Environment, Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState, Notice, QueryView } from "@/components/ui/feedback";
import { PageHeader, Panel } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Unknown } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";
import { NewEnvironment } from "./new-environment";
import { environmentsQuery } from "./queries";
import { connection, countsWord, hindrance, profileWord } from "./words";

/** Where dbt can be run, and whether it can connect there. */
export function EnvironmentsPage({ workspace }: { workspace: Workspace }) {
  const { key, name } = workspace;
  const list = useQuery(environmentsQuery(key));
  const edit = useMay("environment:edit", key);
  const { params, patch } = useUrlState();
  const making = params.get("new") !== null && edit.may && list.data !== undefined;
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: paths.dashboard(key) }]}
        title="Environments"
        tabTitle={`Environments · ${name}`}
        actions={
          <Button look="primary" denied={edit.why} onClick={() => patch({ new: 1 })}>
            <Plus size={14} aria-hidden />
            New environment
          </Button>
        }
      />
      <div className="flex flex-col gap-3 px-5 pb-6 max-md:px-3">
        {workspace.has_project && list.data?.repository_problem ? (
          <Notice tone="warning">
            The profile in the repository cannot be read: {list.data.repository_problem}
          </Notice>
        ) : null}
        <Panel>
          <QueryView query={list} what="the environments">
            {({ items }) =>
              items.length === 0 ? (
                <EmptyState title="There is no environment yet">
                  Each target of the project's profile becomes one as soon as the project is read. Make one to
                  keep a profile here.
                </EmptyState>
              ) : (
                <EnvironmentTable workspace={key} items={items} />
              )
            }
          </QueryView>
        </Panel>
      </div>
      {making ? (
        <NewEnvironment workspace={key} list={list.data} onClose={() => patch({ new: null })} />
      ) : null}
    </>
  );
}

function EnvironmentTable({ workspace, items }: { workspace: string; items: Environment[] }) {
  return (
    <Table label="Environments">
      <Heads columns={["Environment", "Target", "Adapter", "Connection", "Variables", "Defers to", "dbt"]} />
      <tbody>
        {items.map((item) => (
          <Row key={item.key} workspace={workspace} item={item} />
        ))}
      </tbody>
    </Table>
  );
}

function Row({ workspace, item }: { workspace: string; item: Environment }) {
  const why = hindrance(item);
  return (
    <tr className="hover:bg-hover">
      <Td className="min-w-40">
        <Link className="font-medium hover:underline" to={paths.environment(workspace, item.key)}>
          {item.name}
        </Link>
        {item.is_default ? <span className="ml-2 text-xs text-muted">default</span> : null}
        {item.archived_at ? <span className="ml-2 text-xs text-muted">archived</span> : null}
        <span className="block text-xs text-faint">
          {item.name === item.key ? item.description : `${item.key} ${item.description}`}
        </span>
        {why && !item.archived_at ? <span className="block text-xs text-warning">{why}</span> : null}
      </Td>
      <Td>
        <code className="font-mono text-xs">{item.dbt_target}</code>
        <span className="block text-xs text-faint">{profileWord(item)}</span>
      </Td>
      <Td>
        {item.adapter_type ?? <Unknown why="the target does not say" />}
        {item.adapter_missing ? <span className="block text-xs text-failed">not installed</span> : null}
      </Td>
      <Td>
        <StatusWord status={connection(item)} title={item.last_test?.message ?? undefined} />
        {item.last_test ? (
          <span className="block text-xs text-muted">
            <Ago at={item.last_test.at} />
          </span>
        ) : null}
      </Td>
      <Td className="text-muted">{countsWord(item)}</Td>
      <Td>{item.defer_to ?? <span className="text-faint">nothing</span>}</Td>
      <Td>
        {item.dbt.version ?? <Unknown why="it does not say its version" />}
        {item.dbt.is_in_house ? null : <span className="block text-xs text-faint">its own</span>}
      </Td>
    </tr>
  );
}
