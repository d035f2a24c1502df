import { useQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import { describeError } from "@/api/errors";
import type { Drop } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { Inline } from "@/components/ui/prose";
import { Segmented } from "@/components/ui/segmented";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Unknown } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { formatBytes } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { dropState } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { DROP_STATES, dropsQuery, PAGE_SIZE, useRetry } from "./queries";

const SOURCES: Record<string, string> = { upload: "Upload", folder: "Folder", bucket: "Bucket" };

/** What was brought, and what became of it. */
export function Drops({ workspace }: { workspace: string }) {
  const { params, patch } = useUrlState();
  const state = DROP_STATES.find((one) => one === params.get("state")) ?? null;
  const drops = useQuery(dropsQuery(workspace, useReading(), state, params.get("cursor") ?? ""));
  return (
    <Section title="Brought">
      <div className="flex flex-col gap-2.5">
        <Segmented
          label="State"
          value={state ?? ""}
          options={[
            { value: "", label: "all" },
            ...DROP_STATES.map((value) => ({ value, label: dropState(value).label.toLowerCase() })),
          ]}
          onChange={(value) => patch({ state: value, cursor: null, page: null })}
        />
        <ListPanel
          query={drops}
          what="what was brought"
          pageSize={PAGE_SIZE}
          empty={<NoDrops filtered={state !== null} clear={() => patch({ state: null })} />}
        >
          {(items) => (
            <Table label="Drops">
              <Heads columns={["State", "Received", "From", "Files", "Led to"]} />
              <tbody>
                {items.map((drop) => (
                  <DropRow
                    key={drop.id}
                    workspace={workspace}
                    drop={drop}
                    marked={params.get("drop") === String(drop.id)}
                  />
                ))}
              </tbody>
            </Table>
          )}
        </ListPanel>
      </div>
    </Section>
  );
}

function NoDrops({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (filtered)
    return <EmptyState title="None is in this state" action={<Button onClick={clear}>Show all</Button>} />;
  return (
    <EmptyState title="Nothing was brought yet">
      What is uploaded, or found in the folder or bucket, is listed here with what became of it. Runs started
      here bring their artifacts by themselves.
    </EmptyState>
  );
}

interface RowProps {
  workspace: string;
  drop: Drop;
  marked: boolean;
}

function DropRow({ workspace, drop, marked }: RowProps) {
  return (
    <tr className={cn(marked ? "bg-accent-soft" : "hover:bg-hover")} aria-current={marked || undefined}>
      <Td className="max-w-md min-w-40">
        <StatusWord status={dropState(drop.state)} />
        {drop.reason ? (
          <p className="mt-0.5 text-sm break-words">
            <Inline text={drop.reason} />
          </p>
        ) : null}
        {drop.hint ? (
          <p className="text-sm break-words text-muted">
            <Inline text={drop.hint} />
          </p>
        ) : null}
        {drop.state === "refused" ? <Retry workspace={workspace} drop={drop} /> : null}
      </Td>
      <Td className="text-muted">
        <Ago at={drop.received_at} />
      </Td>
      <Td className="max-w-56 text-muted">
        {SOURCES[drop.source] ?? drop.source}
        {drop.actor ? ` by ${drop.actor}` : ""}
        {drop.label ? <span className="block truncate text-xs">{drop.label}</span> : null}
      </Td>
      <Td className="text-muted">
        <Files drop={drop} />
      </Td>
      <Td>
        <LedTo workspace={workspace} drop={drop} />
      </Td>
    </tr>
  );
}

function Files({ drop }: { drop: Drop }) {
  if (drop.files.length === 0) return <span className="text-faint">none was readable</span>;
  return (
    <ul>
      {drop.files.map((file) => (
        <li key={file.name} title={file.digest ?? undefined}>
          <span className="flex justify-between gap-3 font-mono text-xs leading-5 whitespace-nowrap">
            {file.name}
            <span className="font-sans text-faint">
              {file.size === null ? <Unknown why="size not known" /> : formatBytes(file.size)}
            </span>
          </span>
          {file.problem ? (
            <span className="block max-w-72 text-xs break-words text-failed">{file.problem}</span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function LedTo({ workspace, drop }: { workspace: string; drop: Drop }) {
  const links = useCatalogPaths(workspace);
  const dagster = useMay("dagster:read", workspace);
  return (
    <span className="flex flex-col gap-0.5 whitespace-nowrap">
      {drop.snapshot_id === null ? null : (
        <Link className="hover:underline" to={links.changes({ to: drop.snapshot_id })}>
          snapshot {drop.snapshot_id}
        </Link>
      )}
      {drop.run_id && dagster.may ? (
        <a className="text-muted hover:underline" href={`/dagster/runs/${encodeURIComponent(drop.run_id)}`}>
          ingest run
        </a>
      ) : null}
      {drop.snapshot_id === null && !drop.run_id ? <span className="text-faint">nothing yet</span> : null}
    </span>
  );
}

function Retry({ workspace, drop }: { workspace: string; drop: Drop }) {
  const may = useMay("artifact:upload", workspace);
  const retry = useRetry(workspace);
  if (drop.digest === null) return null;
  return (
    <>
      <Button
        look="quiet"
        className="-ml-2.5"
        denied={may.why}
        disabled={retry.isPending}
        onClick={() => retry.mutate(drop.id)}
      >
        <RotateCcw size={13} aria-hidden />
        Try again
      </Button>
      {retry.isError ? (
        <p role="alert" className="text-xs text-failed">
          {describeError(retry.error).message}
        </p>
      ) : null}
    </>
  );
}
