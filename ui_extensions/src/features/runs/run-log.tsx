import { ArrowDownToLine, Download, WrapText } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import type { Connection } from "@/api/log-stream";
import type { LogLine } from "@/api/types";
import { IconButton } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/feedback";
import { FilterSelect, SearchBox } from "@/components/ui/field";
import { StatusMark } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import { saveFile } from "@/lib/save";
import type { Tone } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { LogLines } from "./log-lines";
import { filterLines, type LogSnapshot } from "./log-store";

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

interface RunLogProps {
  runId: string;
  log: LogSnapshot;
  active: boolean;
  /** Says why there is no line yet. */
  empty: string;
}

/** The log beside the results: filters in the address, following while the run goes on. */
export function RunLog({ runId, log, active, empty }: RunLogProps) {
  const { params, patch } = useUrlState();
  const [follow, setFollow] = useState(active && !params.has("line"));
  const [wrap, setWrap] = useState(true);
  const level = params.get("level") ?? "";
  const q = params.get("log_q") ?? "";
  const node = params.get("log_node") ?? "";
  const step = Number(params.get("step")) || null;
  const shown = useMemo(
    () => filterLines(log.lines, { level: level || "info", q, node, step }),
    [log.lines, level, q, node, step],
  );
  return (
    <section aria-label="Log" className="flex h-full min-h-0 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-1.5">
        <SearchBox
          main
          className="min-w-32 flex-1"
          placeholder="Search the log"
          value={q}
          onChange={(text) => patch({ log_q: text }, { replace: true })}
        />
        <FilterSelect
          label="Level"
          value={level}
          options={LEVELS}
          onChange={(value) => patch({ level: value }, { replace: true })}
        />
        <span className="flex">
          <Toggle label="Follow the newest line" on={follow} onChange={setFollow}>
            <ArrowDownToLine size={15} aria-hidden />
          </Toggle>
          <Toggle label="Wrap long lines" on={wrap} onChange={setWrap}>
            <WrapText size={15} aria-hidden />
          </Toggle>
          <IconButton
            label="Download the log"
            onClick={() => download(runId, log.lines)}
            disabled={log.lines.length === 0}
          >
            <Download size={15} aria-hidden />
          </IconButton>
        </span>
      </div>
      {node ? <NodeFilter node={node} clear={() => patch({ log_node: null }, { replace: true })} /> : null}
      {log.refusal ? (
        <ErrorState compact title="The log cannot be followed any longer" error={log.refusal} />
      ) : null}
      <LogLines
        lines={shown}
        wrap={wrap}
        follow={follow}
        onFollow={setFollow}
        selected={Number(params.get("line")) || null}
        onSelect={(line) => patch({ line }, { replace: true })}
        empty={log.lines.length === 0 ? emptyWords(log.connection, empty) : "No line matches these filters."}
      />
      <LogFoot log={log} shown={shown.length} />
    </section>
  );
}

function emptyWords(connection: Connection, empty: string): string {
  if (connection === "refused") return "No line could be read.";
  return connection === "ended" ? "This run wrote no log." : empty;
}

function LogFoot({ log, shown }: { log: LogSnapshot; shown: number }) {
  const connection = CONNECTIONS[log.connection];
  const hidden = log.lines.length - shown;
  return (
    <div className="flex items-center justify-between gap-3 border-t px-3 py-1 text-xs text-muted">
      <span>
        {formatNumber(shown)} {shown === 1 ? "line" : "lines"}
        {hidden > 0 ? `, ${formatNumber(hidden)} hidden by filters` : ""}
      </span>
      <span className="inline-flex items-center gap-1.5" role="status">
        <StatusMark tone={connection.tone} size={11} />
        {connection.label}
      </span>
    </div>
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

function download(runId: string, lines: readonly LogLine[]): void {
  const text = lines.map((line) => `${line.at ?? ""} ${line.level.padEnd(5)} ${line.text}`).join("\n");
  saveFile(new Blob([`${text}\n`], { type: "text/plain" }), `${runId}.log`);
}
