import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Inline } from "@/components/ui/prose";
import { isRefusal, Refusal } from "@/components/ui/refusal";
import { StatusMark } from "@/components/ui/status";
import { cn } from "@/lib/cn";

/** A grey shape in the place of what is loading. Appears only after a moment. */
export function Skeleton({ className }: { className?: string }) {
  return <div className={cn("after-a-moment rounded-sm bg-hover", className)} aria-hidden />;
}

export function SkeletonRows({ rows = 8 }: { rows?: number }) {
  return (
    <div role="status" className="after-a-moment">
      <span className="sr-only">Loading</span>
      {Array.from({ length: rows }, (_, index) => `row-${index}`).map((key) => (
        <div key={key} className="flex h-9 items-center gap-6 border-b px-3" aria-hidden>
          <div className="h-3 w-56 max-w-1/3 rounded-sm bg-hover" />
          <div className="h-3 w-24 rounded-sm bg-hover" />
          <div className="h-3 w-32 rounded-sm bg-hover max-md:hidden" />
          <div className="ml-auto h-3 w-16 rounded-sm bg-hover" />
        </div>
      ))}
    </div>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** Why there is nothing here, and what to do next. */
export function EmptyState({ title, children, action }: EmptyProps) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-12 text-center">
      <p className="font-medium">{title}</p>
      {children ? <div className="text-muted">{children}</div> : null}
      {action ? <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}

interface Described {
  message: string;
  hint: string | null;
  requestId: string | null;
}

/** Errors of the API carry a hint and a request id; others only a message. */
function describe(error: unknown): Described {
  const facts = error as Partial<Described> | null;
  return {
    message: facts?.message ?? String(error),
    hint: facts?.hint ?? null,
    requestId: facts?.requestId ?? null,
  };
}

interface ErrorProps {
  title: string;
  error: unknown;
  onRetry?: (() => void) | undefined;
  compact?: boolean;
}

/** What happened, the request id, try again. A refusal says which role is missing. */
export function ErrorState({ title, error, onRetry, compact = false }: ErrorProps) {
  if (isRefusal(error)) return <Refusal error={error} compact={compact} />;
  const { message, hint, requestId } = describe(error);
  return (
    <div
      role="alert"
      className={cn("flex items-start gap-2.5", compact ? "p-3" : "mx-auto max-w-xl px-4 py-10")}
    >
      <span className="mt-0.5">
        <StatusMark tone="failed" size={16} />
      </span>
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        <p className="break-words text-muted">{message}</p>
        {hint ? (
          <p className="mt-1 break-words text-muted">
            <Inline text={hint} />
          </p>
        ) : null}
        {requestId ? (
          <p className="mt-1 text-xs text-faint">
            Request <code className="font-mono select-all">{requestId}</code>
          </p>
        ) : null}
        {onRetry ? (
          <Button className="mt-3" onClick={onRetry}>
            Try again
          </Button>
        ) : null}
      </div>
    </div>
  );
}

/** A line across the top of a part: something is not as it should be, but what is shown still holds. */
export function Notice({
  tone,
  children,
}: {
  tone: "warning" | "failed" | "running" | "unknown";
  children: ReactNode;
}) {
  const soft = {
    warning: "bg-warning-soft",
    failed: "bg-failed-soft",
    running: "bg-running-soft",
    unknown: "bg-unknown-soft",
  };
  return (
    <div role="status" className={cn("flex items-start gap-2 rounded-md px-3 py-2 text-sm", soft[tone])}>
      <span className="mt-0.5">
        <StatusMark tone={tone} />
      </span>
      <div className="min-w-0 flex-1 break-words">{children}</div>
    </div>
  );
}

export interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  isError: boolean;
  isPlaceholderData: boolean;
  refetch: () => unknown;
}

interface QueryViewProps<T> {
  query: QueryLike<T>;
  /** What was asked for, as in "Could not load the runs". */
  what: string;
  skeleton?: ReactNode;
  compact?: boolean;
  children: (data: T) => ReactNode;
}

/**
 * Loading, failed, or there. Data once loaded stays while new data comes, and when new data does not come; it goes when
 * one may no longer see it.
 */
export function QueryView<T>({ query, what, skeleton, compact, children }: QueryViewProps<T>) {
  const retry = () => void query.refetch();
  if (query.data === undefined || isRefusal(query.error)) {
    if (query.isError) {
      return (
        <ErrorState
          title={`Could not load ${what}`}
          error={query.error}
          onRetry={retry}
          compact={compact ?? false}
        />
      );
    }
    return <>{skeleton ?? <SkeletonRows />}</>;
  }
  return (
    <div
      aria-busy={query.isPlaceholderData || undefined}
      className={cn("transition-opacity duration-150", query.isPlaceholderData && "opacity-60")}
    >
      {query.isError ? <Outdated error={query.error} what={what} onRetry={retry} /> : null}
      {children(query.data)}
    </div>
  );
}

function Outdated({ error, what, onRetry }: { error: unknown; what: string; onRetry: () => void }) {
  return (
    <div className="mb-3">
      <Notice tone="warning">
        Could not refresh {what}; what you see is from before. {describe(error).message}{" "}
        <button type="button" className="font-medium underline" onClick={onRetry}>
          Try again
        </button>
      </Notice>
    </div>
  );
}
