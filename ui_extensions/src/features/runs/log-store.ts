import type { Connection } from "@/api/log-stream";
import type { LogLine } from "@/api/types";

export interface LogSnapshot {
  lines: readonly LogLine[];
  connection: Connection;
  /** Why the log cannot be followed. */
  refusal: unknown;
}

/** The lines of one run's log, outside of React so that a batch of lines is one render. */
export class LogStore {
  private snapshot: LogSnapshot = { lines: [], connection: "connecting", refusal: null };
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  readonly getSnapshot = () => this.snapshot;

  append(lines: LogLine[]): void {
    this.changed({ ...this.snapshot, lines: this.snapshot.lines.concat(lines) });
  }

  setConnection(connection: Connection): void {
    if (connection !== this.snapshot.connection) this.changed({ ...this.snapshot, connection });
  }

  setRefusal(refusal: unknown): void {
    this.changed({ ...this.snapshot, refusal });
  }

  private changed(snapshot: LogSnapshot): void {
    this.snapshot = snapshot;
    for (const listener of this.listeners) listener();
  }
}

export interface LogFilter {
  /** The least level shown. */
  level: string;
  q: string;
  node: string;
  /** Null: of every step. */
  step: number | null;
}

const LEVELS = ["debug", "info", "warn", "error"];

/** The lines a filter lets through. A level nobody knows is shown: nothing is hidden by accident. */
export function filterLines(lines: readonly LogLine[], filter: LogFilter): readonly LogLine[] {
  const least = Math.max(0, LEVELS.indexOf(filter.level));
  const q = filter.q.trim().toLowerCase();
  if (least === 0 && !q && !filter.node && filter.step === null) return lines;
  return lines.filter((line) => {
    const level = LEVELS.indexOf(line.level);
    if (level >= 0 && level < least) return false;
    if (filter.step !== null && line.step !== filter.step) return false;
    if (filter.node && line.unique_id !== filter.node) return false;
    return !q || line.text.toLowerCase().includes(q);
  });
}
