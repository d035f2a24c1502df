import { ArrowDownToLine, Download, WrapText } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useParams } from "react-router";
import { useDownload } from "@/api/download";
import type { Connection } from "@/api/log-stream";
import { Button, IconButton } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/feedback";
import { FilterSelect, SearchBox } from "@/components/ui/field";
import { StatusMark } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import type { Tone } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { LogLines } from "./log-lines";
import { type LogRows, useLogRows } from "./log-matches";
import { logDownloadUrl } from "./log-queries";
import type { LogSnapshot } from "./log-store";

const LEVELS = [
  { value: "debug", label: "All levels" },
  { value: "", label: "Info and up" },
  { value: "warn", label: "Warnings and errors" },
  { value: "error", label: "Errors" },
];

const CONNECTIONS: Record<Connection, { tone: Tone; label: string }> = {
  connecting: { tone: "running", label: "Connecting" },
  open: { tone: "running", label: "Live" },
  waiting: { tone: "warning", label: "Connection lost, trying again" },
  ended: { tone: "ok", label: "Complete" },
  refused: { tone: "failed", label: "Not followed" },
};

/** Browsers draw nothing that is higher than some millions of pixels: so many lines are scrolled through at once. */
const SECTION = 100_000;

interface RunLogProps {
  runId: string;
  log: LogSnapshot;
  active: boolean;
  /** Says why there is no line yet. */
  empty: string;
}

/** The log beside the results: filters in the address, following while the run goes on. */
export function RunLog({ runId, log, active, empty }: RunLogProps) {
  const { workspace = "" } = useParams();
  const { params, patch } = useUrlState();
  const selected = Number(params.get("line")) || null;
  const [follow, setFollow] = useState(active && selected === null);
  const [wrap, setWrap] = useState(true);
  const [start, setStart] = useState(sectionOf(selected ?? 1));
  const [firstMatch, setFirstMatch] = useState(1);
  const filter = {
    level: params.get("level") || "info",
    q: params.get("log_q") ?? "",
    node: params.get("log_node") ?? "",
    step: Number(params.get("step")) || null,
  };
  const filtered = JSON.stringify(filter);
  const [filteredBefore, setFilteredBefore] = useState(filtered);
  if (filtered !== filteredBefore) {
    setFilteredBefore(filtered);
    setFirstMatch(1);
  }
  const base = follow ? sectionOf(Math.max(1, log.total)) : start;
  const rows = useLogRows({
    ...{ workspace, runId, log, filter, follow },
    ...{ base, first: firstMatch, limit: SECTION },
  });
  const toFollow = (on: boolean) => {
    setStart(base);
    setFollow(on);
  };
  return (
    <section aria-label="Log" className="flex h-full min-h-0 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-1.5">
        <SearchBox
          main
          className="min-w-32 flex-1"
          placeholder="Search the log"
          value={filter.q}
          onChange={(text) => patch({ log_q: text }, { replace: true })}
        />
        <FilterSelect
          label="Level"
          value={params.get("level") ?? ""}
          options={LEVELS}
          onChange={(value) => patch({ level: value }, { replace: true })}
        />
        <span className="flex">
          <Toggle label="Follow the newest line" on={follow} onChange={toFollow}>
            <ArrowDownToLine size={15} aria-hidden />
          </Toggle>
          <Toggle label="Wrap long lines" on={wrap} onChange={setWrap}>
            <WrapText size={15} aria-hidden />
          </Toggle>
          <DownloadButton workspace={workspace} runId={runId} none={log.total === 0} />
        </span>
      </div>
      {filter.node ? (
        <NodeFilter node={filter.node} clear={() => patch({ log_node: null }, { replace: true })} />
      ) : null}
      {log.refusal ? (
        <ErrorState compact title="The log cannot be followed any longer" error={log.refusal} />
      ) : null}
      {rows.error ? <ErrorState compact title="Some lines could not be read" error={rows.error} /> : null}
      <LogLines
        key={`${rows.kind} ${rows.kind === "whole" ? base : firstMatch}`}
        count={rows.count}
        lineAt={rows.lineAt}
        onRange={rows.want}
        showFirst={rows.kind === "whole" && selected !== null && !follow ? selected - base : null}
        wrap={wrap}
        follow={follow}
        onFollow={toFollow}
        selected={selected}
        onSelect={(line) => patch({ line }, { replace: true })}
        empty={emptyWords(log, rows, empty)}
        {...neighbours(rows, base, log.total, (to) => {
          setFollow(false);
          setStart(to);
        })}
        {...(rows.next !== null && {
          after: (
            <More
              onClick={() => setFirstMatch(rows.next ?? 1)}
            >{`More matches, from line ${formatNumber(rows.next)} on`}</More>
          ),
        })}
      />
      <LogFoot log={log} rows={rows} />
    </section>
  );
}

const sectionOf = (line: number) => Math.floor((line - 1) / SECTION) * SECTION + 1;

/** Ways to the lines before and behind those that are scrolled through. */
function neighbours(rows: LogRows, base: number, total: number, go: (to: number) => void) {
  if (rows.kind !== "whole") return {};
  const end = base + SECTION - 1;
  return {
    ...(base > 1 && {
      before: (
        <More onClick={() => go(base - SECTION)}>
          {`Lines ${formatNumber(base - SECTION)} to ${formatNumber(base - 1)}`}
        </More>
      ),
    }),
    ...(end < total && {
      after: (
        <More onClick={() => go(end + 1)}>
          {`Lines ${formatNumber(end + 1)} to ${formatNumber(Math.min(total, end + SECTION))}`}
        </More>
      ),
    }),
  };
}

function More({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <div className="flex justify-center py-1 font-sans">
      <Button look="quiet" onClick={onClick}>
        {children}
      </Button>
    </div>
  );
}

function emptyWords(log: LogSnapshot, rows: LogRows, empty: string): string {
  if (log.total > 0) return rows.busy ? "Looking through the log." : "No line matches these filters.";
  if (log.connection === "refused") return "No line could be read.";
  return log.connection === "ended" ? "This run wrote no log." : empty;
}

function LogFoot({ log, rows }: { log: LogSnapshot; rows: LogRows }) {
  const connection = CONNECTIONS[log.connection];
  return (
    <div className="flex items-center justify-between gap-3 border-t px-3 py-1 text-xs text-muted">
      <span>{countWords(log.total, rows)}</span>
      <span className="inline-flex items-center gap-1.5" role="status">
        <StatusMark tone={connection.tone} size={11} />
        {connection.label}
      </span>
    </div>
  );
}

function countWords(total: number, rows: LogRows): string {
  const lines = (count: number) => `${formatNumber(count)} ${count === 1 ? "line" : "lines"}`;
  if (rows.kind === "whole") return lines(total);
  if (rows.lookedTo !== null)
    return `${lines(rows.count)} so far, in ${formatNumber(rows.lookedTo)} of ${formatNumber(total)}`;
  const hidden = total - rows.count;
  return `${lines(rows.count)}${hidden > 0 ? `, ${formatNumber(hidden)} hidden by filters` : ""}`;
}

function DownloadButton({ workspace, runId, none }: { workspace: string; runId: string; none: boolean }) {
  const download = useDownload();
  const said = download.isError ? "The log could not be downloaded: try again" : "Download the log";
  return (
    <IconButton
      label={download.isPending ? "Downloading" : said}
      onClick={() => download.mutate({ url: logDownloadUrl(workspace, runId, "text"), name: `${runId}.log` })}
      disabled={none || download.isPending}
      className={cn(download.isError && "text-failed")}
    >
      <Download size={15} aria-hidden />
    </IconButton>
  );
}

function NodeFilter({ node, clear }: { node: string; clear: () => void }) {
  return (
    <div className="flex items-center justify-between gap-2 border-b bg-surface px-3 py-1 text-xs">
      <span className="min-w-0 truncate">
        Only lines of <code className="font-mono">{node}</code>
      </span>
      <button type="button" className="font-medium underline" onClick={clear}>
        Show all
      </button>
    </div>
  );
}

interface ToggleProps {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
  children: ReactNode;
}

function Toggle({ label, on, onChange, children }: ToggleProps) {
  return (
    <IconButton
      label={label}
      aria-pressed={on}
      onClick={() => onChange(!on)}
      className={cn(on && "bg-accent-soft text-accent hover:bg-accent-soft hover:text-accent")}
    >
      {children}
    </IconButton>
  );
}
