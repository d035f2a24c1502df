import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUpDown, X } from "lucide-react";
import type { ReactNode } from "react";
import { pathQuery } from "@/api/lineage-queries";
import type { LineagePath } from "@/api/lineage-types";
import { Button, IconButton } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { TypeIcon } from "@/components/ui/resource";
import { edgeKey, type GraphView } from "@/features/lineage/address";
import { ColumnSearch } from "@/features/lineage/column-search";
import { NodeSearch } from "@/features/lineage/node-search";
import { ColumnLink, ConfidenceMark, TransformWord } from "@/features/lineage/panel/facts";
import { useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";

interface PathFinderProps {
  workspace: string;
  focus: string;
  view: GraphView;
}

interface End {
  node: string;
  column: string | null;
}

/** How one node or column gets to another, from the one in the middle. The other end is in the address. */
export function PathFinder({ workspace, focus, view }: PathFinderProps) {
  const { params, patch } = useUrlState();
  const other = params.get("pnode");
  const downwards = params.get("pdir") !== "up";
  const here: End = { node: focus, column: view.column };
  const there: End | null = other === null ? null : { node: other, column: params.get("pcolumn") };
  const [from, to] = downwards ? [here, there] : [there, here];
  const set = (change: Record<string, string | null>) => patch(change, { replace: true });
  const otherEnd =
    there === null ? (
      <NodeSearch
        workspace={workspace}
        main={false}
        placeholder="Choose the other end"
        onChoose={(pnode) => set({ pnode, pcolumn: null })}
      />
    ) : (
      <span className="flex flex-col gap-1">
        <Chip
          name={there.node}
          label="Choose another node"
          onClear={() => set({ pnode: null, pcolumn: null })}
        />
        {there.column === null ? (
          <ColumnSearch
            workspace={workspace}
            uniqueId={there.node}
            placeholder="Choose its column"
            onChoose={(pcolumn) => set({ pcolumn })}
          />
        ) : (
          <Chip name={there.column} label="Leave the column" onClear={() => set({ pcolumn: null })} />
        )}
      </span>
    );
  const thisEnd = (
    <span className="font-mono text-xs break-all">
      {focus.split(".").at(-1)}
      {view.column === null ? "" : `.${view.column}`}
    </span>
  );
  // Columns are asked for only where both ends have one: a way between a node and a column is one between nodes.
  const columns = here.column !== null && there?.column != null;
  return (
    <div className="flex flex-col gap-3 px-4 py-3 text-sm">
      <div className="grid grid-cols-[max-content_minmax(0,1fr)_max-content] items-center gap-x-3 gap-y-2">
        <span className="text-xs text-faint">From</span>
        {downwards ? thisEnd : otherEnd}
        <IconButton
          label="The other way round"
          className="row-span-2"
          onClick={() => set({ pdir: downwards ? "up" : null })}
        >
          <ArrowUpDown size={14} aria-hidden />
        </IconButton>
        <span className="text-xs text-faint">To</span>
        {downwards ? otherEnd : thisEnd}
      </div>
      {view.column !== null && there !== null && there.column === null ? (
        <p className="text-xs text-muted">
          The way between the nodes; choose a column to see that of columns.
        </p>
      ) : null}
      {from && to ? (
        <Found workspace={workspace} from={from} to={to} columns={columns} influence={view.influence} />
      ) : (
        <p className="text-muted">The shortest way is shown once both ends are chosen.</p>
      )}
    </div>
  );
}

function Chip({ name, label, onClear }: { name: string; label: string; onClear: () => void }) {
  return (
    <span className="flex items-center gap-1 rounded-md border pl-2">
      <span className="min-w-0 flex-1 truncate font-mono text-xs" title={name}>
        {name.split(".").at(-1)}
      </span>
      <IconButton label={label} onClick={onClear}>
        <X size={13} aria-hidden />
      </IconButton>
    </span>
  );
}

interface FoundProps {
  workspace: string;
  from: End;
  to: End;
  columns: boolean;
  influence: boolean;
}

function Found({ workspace, from, to, columns, influence }: FoundProps) {
  const { patch } = useUrlState();
  const found = useQuery(
    pathQuery(workspace, useReading(), {
      from: from.node,
      fromColumn: columns ? from.column : null,
      to: to.node,
      toColumn: columns ? to.column : null,
      influence,
    }),
  );
  return (
    <QueryView query={found} what="the way" compact>
      {(path) =>
        path.found ? (
          <Way workspace={workspace} path={path} onSql={(edge) => patch({ edge }, { replace: true })} />
        ) : (
          <EmptyState
            title="No way is known from one to the other"
            action={
              columns && !influence ? (
                <Button onClick={() => patch({ influence: 1 })}>Follow influences too</Button>
              ) : null
            }
          >
            {columns && !influence ? "Only values were followed." : "It may lead the other way round."}
          </EmptyState>
        )
      }
    </QueryView>
  );
}

interface WayProps {
  workspace: string;
  path: LineagePath;
  onSql: (edge: string) => void;
}

function Way({ workspace, path, onSql }: WayProps) {
  if (path.edges.length === 0) {
    return (
      <Steps
        stops={path.nodes.map((node) => ({
          key: node.unique_id,
          stop: (
            <span className="flex items-center gap-1.5 font-mono text-xs break-all">
              <TypeIcon type={node.resource_type} size={13} />
              {node.name}
            </span>
          ),
          after: null,
        }))}
      />
    );
  }
  const last = path.edges.at(-1);
  return (
    <Steps
      stops={[
        ...path.edges.map((edge) => ({
          key: edgeKey(edge),
          stop: <ColumnLink workspace={workspace} end={edge.from} />,
          after: (
            <>
              <TransformWord edge={edge} />
              <ConfidenceMark confidence={edge.confidence} />
              <button
                type="button"
                className="text-xs text-accent hover:underline"
                onClick={() => onSql(edgeKey(edge))}
              >
                SQL
              </button>
            </>
          ),
        })),
        ...(last
          ? [{ key: "end", stop: <ColumnLink workspace={workspace} end={last.to} />, after: null }]
          : []),
      ]}
    />
  );
}

function Steps({ stops }: { stops: { key: string; stop: ReactNode; after: ReactNode }[] }) {
  return (
    <ol aria-label="The way" className="flex flex-col gap-1">
      {stops.map(({ key, stop, after }, index) => (
        <li key={key} className="flex flex-col gap-1">
          {stop}
          {index < stops.length - 1 ? (
            <span className="flex items-center gap-2 pl-0.5 text-faint">
              <ArrowDown size={13} aria-hidden />
              {after}
            </span>
          ) : null}
        </li>
      ))}
    </ol>
  );
}
