import type { Connection } from "@/api/log-stream";
import type { LogLine, LogPage } from "@/api/types";

export interface LogSnapshot {
  /** How many lines there are, whether they are held here or not. */
  total: number;
  /** How many lines are of each level. */
  levels: Readonly<Record<string, number>>;
  connection: Connection;
  /** Why the log cannot be followed. */
  refusal: unknown;
  /** Why some of its lines could not be read. */
  problem: unknown;
  store: LogStore;
}

export type ReadPage = (from: number, limit: number) => Promise<LogPage>;

export const PAGE_LINES = 500;
/** So many pages are held; of a longer log those that were looked at last. */
export const MOST_PAGES = 20;

/**
 * The lines of one run's log, as far as somebody looks at them: pages are read as they come in sight and forgotten
 * again. Outside of React, so that a batch of lines is one render.
 */
export class LogStore {
  private readonly pages = new Map<number, LogLine[]>();
  private readonly asked = new Set<number>();
  private readonly listeners = new Set<() => void>();
  private snapshot: LogSnapshot;

  private readonly read: ReadPage;

  constructor(read: ReadPage) {
    this.read = read;
    this.snapshot = {
      total: 0,
      levels: {},
      connection: "connecting",
      refusal: null,
      problem: null,
      store: this,
    };
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  readonly getSnapshot = () => this.snapshot;

  /** The line with this number, if it is held. */
  lineAt(number: number): LogLine | undefined {
    return this.pages.get(pageOf(number))?.[(number - 1) % PAGE_LINES];
  }

  /** Every line, where all of them are held. */
  allLines(): LogLine[] | null {
    const lines: LogLine[] = [];
    for (let page = 0; page * PAGE_LINES < this.snapshot.total; page += 1) {
      const held = this.pages.get(page) ?? [];
      if (held.length < this.sizeOf(page)) return null;
      lines.push(...held);
    }
    return lines;
  }

  /** Some lines are in sight: those that are not held are read. */
  want(first: number, last: number): void {
    for (let page = pageOf(first); page <= pageOf(Math.min(last, this.snapshot.total)); page += 1) {
      const held = this.pages.get(page);
      if (held && held.length >= this.sizeOf(page)) this.touch(page, held);
      else void this.fetch(page);
    }
  }

  /** Lines that were read, from the beginning of a page on. */
  take(answer: LogPage): void {
    for (let at = 0; at < answer.items.length; at += PAGE_LINES) {
      const lines = answer.items.slice(at, at + PAGE_LINES);
      const page = pageOf(lines[0]?.line ?? 1);
      if (lines.length >= (this.pages.get(page)?.length ?? 0)) this.touch(page, lines);
    }
    this.forget();
    const total = Math.max(this.snapshot.total, answer.total ?? answer.next_line - 1);
    const grew = total > this.snapshot.total;
    this.changed({ total, problem: null, ...(grew && answer.levels && { levels: answer.levels }) });
  }

  /** Lines that are new, in their order. */
  append(lines: LogLine[]): void {
    const levels = { ...this.snapshot.levels };
    let total = this.snapshot.total;
    for (const line of lines) {
      if (line.line <= total) continue;
      total = line.line;
      levels[line.level] = (levels[line.level] ?? 0) + 1;
      const page = pageOf(line.line);
      const held = this.pages.get(page) ?? [];
      // Of a page whose beginning is not held nothing is: it is read when it comes in sight.
      if (held.length === (line.line - 1) % PAGE_LINES) held.push(line);
      if (held.length > 0) this.touch(page, held);
    }
    this.forget();
    this.changed({ total, levels });
  }

  setConnection(connection: Connection): void {
    if (connection !== this.snapshot.connection) this.changed({ connection });
  }

  setRefusal(refusal: unknown): void {
    this.changed({ refusal });
  }

  private sizeOf(page: number): number {
    return Math.min(PAGE_LINES, this.snapshot.total - page * PAGE_LINES);
  }

  private async fetch(page: number): Promise<void> {
    if (this.asked.has(page)) return;
    this.asked.add(page);
    try {
      this.take(await this.read(page * PAGE_LINES + 1, PAGE_LINES));
    } catch (problem) {
      this.changed({ problem });
    } finally {
      this.asked.delete(page);
    }
  }

  /** The pages are kept in the order in which they were last looked at. */
  private touch(page: number, lines: LogLine[]): void {
    this.pages.delete(page);
    this.pages.set(page, lines);
  }

  private forget(): void {
    for (const page of this.pages.keys()) {
      if (this.pages.size <= MOST_PAGES) return;
      this.pages.delete(page);
    }
  }

  private changed(changes: Partial<LogSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...changes };
    for (const listener of this.listeners) listener();
  }
}

const pageOf = (number: number) => Math.floor((Math.max(1, number) - 1) / PAGE_LINES);

export interface LogFilter {
  /** The least level shown. */
  level: string;
  q: string;
  node: string;
  /** Null: of every step. */
  step: number | null;
}

const LEVELS = ["debug", "info", "warn", "error"];

/** Whether a filter lets every line of a log through, as far as is known of it. */
export function isOpenFilter(filter: LogFilter, levels: Readonly<Record<string, number>>): boolean {
  if (filter.q.trim() || filter.node || filter.step !== null) return false;
  const hidden = LEVELS.slice(0, Math.max(0, LEVELS.indexOf(filter.level)));
  return hidden.every((level) => !levels[level]);
}

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
