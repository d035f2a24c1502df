import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import type { StatusView, Tone } from "@/lib/status";

const TEXT: Record<Tone, string> = {
  ok: "text-ok",
  running: "text-running",
  warning: "text-warning",
  failed: "text-failed",
  unknown: "text-unknown",
};

const SOFT: Record<Tone, string> = {
  ok: "bg-ok-soft text-ok",
  running: "bg-running-soft text-running",
  warning: "bg-warning-soft text-warning",
  failed: "bg-failed-soft text-failed",
  unknown: "bg-unknown-soft text-unknown",
};

const FILL: Record<Tone, string> = {
  ok: "bg-ok",
  running: "bg-running",
  warning: "bg-warning",
  failed: "bg-failed",
  unknown: "hatched",
};

export const toneText = (tone: Tone) => TEXT[tone];
export const toneSoft = (tone: Tone) => SOFT[tone];
export const toneFill = (tone: Tone) => FILL[tone];

/** One shape per state, so that the state can be told without colour. */
const SHAPES: Record<Tone, ReactNode> = {
  ok: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="m4.8 8.2 2.2 2.2 4.2-4.6" fill="none" stroke="var(--canvas)" strokeWidth="1.8" />
    </>
  ),
  running: (
    <>
      <circle cx="8" cy="8" r="6.1" fill="none" stroke="currentColor" strokeWidth="1.8" opacity="0.35" />
      <path d="M8 1.9a6.1 6.1 0 0 1 6.1 6.1" fill="none" stroke="currentColor" strokeWidth="1.8" />
      <path d="M6.4 5.2v5.6L11 8z" fill="currentColor" />
    </>
  ),
  warning: (
    <>
      <path d="M8 1.2 15.4 14.4H.6z" fill="currentColor" />
      <path d="M8 6v4M8 11.4v1.5" stroke="var(--canvas)" strokeWidth="1.7" />
    </>
  ),
  failed: (
    <>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" />
      <path d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" stroke="var(--canvas)" strokeWidth="1.7" />
    </>
  ),
  unknown: (
    <>
      <rect
        x="1.4"
        y="1.4"
        width="13.2"
        height="13.2"
        rx="2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
      />
      <path d="M2 9 9 2M2 14 14 2M7 14l7-7" stroke="currentColor" strokeWidth="1.2" />
    </>
  ),
};

/** The shape of a state without its word. Say the word beside it, or give it as `title`. */
export function StatusMark({ tone, title, size = 14 }: { tone: Tone; title?: string; size?: number }) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      className={cn("shrink-0", TEXT[tone])}
      role={title ? "img" : undefined}
      aria-hidden={title ? undefined : true}
      aria-label={title}
    >
      {title ? <title>{title}</title> : null}
      {SHAPES[tone]}
    </svg>
  );
}

/** Shape, colour and word. */
export function StatusWord({ status, title }: { status: StatusView; title?: string | undefined }) {
  return (
    <span
      className={cn("inline-flex items-center gap-1.5 whitespace-nowrap", TEXT[status.tone])}
      title={title}
      data-tone={status.tone}
    >
      <StatusMark tone={status.tone} />
      {status.label}
    </span>
  );
}

/** The same on a soft ground, for headers. */
export function StatusBadge({ status, title }: { status: StatusView; title?: string | undefined }) {
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1.5 rounded-md px-2 py-0.5 text-sm font-medium whitespace-nowrap",
        SOFT[status.tone],
      )}
      title={title}
      data-tone={status.tone}
    >
      <StatusMark tone={status.tone} />
      {status.label}
    </span>
  );
}
