import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";

/** A table which scrolls by itself, its head staying in sight. */
export function Table({
  children,
  label,
  className,
}: {
  children: ReactNode;
  label: string;
  className?: string;
}) {
  return (
    // Positioned, or text for screen readers in cells out of sight would widen the page itself.
    <div className={cn("relative overflow-auto", className)}>
      <table
        aria-label={label}
        className="w-full border-separate border-spacing-0 text-sm [&_tbody_tr:last-child_td]:border-b-0"
      >
        {children}
      </table>
    </div>
  );
}

interface HeadProps {
  children: ReactNode;
  numeric?: boolean;
  className?: string;
  sort?: { column: string; current: string | null; onSort: (column: string) => void };
}

/** A column's head; with `sort` it is a button which says the order. */
export function Th({ children, numeric, className, sort }: HeadProps) {
  const direction = sort ? directionOf(sort.current, sort.column) : null;
  return (
    <th
      scope="col"
      aria-sort={direction ?? undefined}
      className={cn(
        "sticky top-0 z-10 border-b bg-surface px-3 py-1.5 text-left text-xs font-medium whitespace-nowrap text-muted",
        numeric && "text-right",
        className,
      )}
    >
      {sort ? (
        <button
          type="button"
          className={cn("inline-flex items-center gap-1 hover:text-ink", direction && "text-ink")}
          onClick={() => sort.onSort(sort.column)}
        >
          {children}
          {direction === "ascending" ? <ArrowUp size={12} aria-hidden /> : null}
          {direction === "descending" ? <ArrowDown size={12} aria-hidden /> : null}
        </button>
      ) : (
        children
      )}
    </th>
  );
}

/** A head by its words; `numeric` for a column of figures. */
type Head = string | { numeric: string };

/** The heads of columns that are not sorted by. `actions`: a last one over buttons, told to screen readers only. */
export function Heads({ columns, actions = false }: { columns: readonly Head[]; actions?: boolean }) {
  return (
    <thead>
      <tr>
        {columns.map((head) =>
          typeof head === "string" ? (
            <Th key={head}>{head}</Th>
          ) : (
            <Th key={head.numeric} numeric>
              {head.numeric}
            </Th>
          ),
        )}
        {actions ? (
          <Th>
            <span className="sr-only">Actions</span>
          </Th>
        ) : null}
      </tr>
    </thead>
  );
}

function directionOf(current: string | null, column: string): "ascending" | "descending" | null {
  if (current === column) return "ascending";
  return current === `-${column}` ? "descending" : null;
}

export function Td({
  children,
  numeric,
  className,
}: {
  children?: ReactNode;
  numeric?: boolean;
  className?: string;
}) {
  return (
    <td className={cn("border-b px-3 py-1.5 align-top", numeric && "text-right", className)}>{children}</td>
  );
}

interface PagerProps {
  page: number;
  pageSize: number;
  shown: number;
  total: number | null | undefined;
  /** Without a total there are more than the last page shows: the server looked for no more. */
  cut?: boolean;
  onPrevious: (() => void) | null;
  onNext: (() => void) | null;
}

/** "51 to 100 of 1,234" or, where it is not known how many, "of 100+"; previous and next. */
export function Pager({ page, pageSize, shown, total, cut = false, onPrevious, onNext }: PagerProps) {
  const first = (page - 1) * pageSize + 1;
  const last = first + shown - 1;
  // Where nobody counts them all, the last page still tells how many there are.
  const known = total ?? (onNext || cut ? null : last);
  const most = known === null ? (cut ? `${formatNumber(last)}+` : null) : formatNumber(known);
  const range = shown === 0 ? "None" : `${formatNumber(first)} to ${formatNumber(last)}`;
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 border-t px-3 py-2 text-sm text-muted">
      <span>
        {range}
        {most === null ? "" : ` of ${most}`}
      </span>
      {onPrevious || onNext ? (
        <span className="flex gap-2">
          <Button disabled={!onPrevious} onClick={onPrevious ?? undefined}>
            <ChevronLeft size={14} aria-hidden />
            Previous
          </Button>
          <Button disabled={!onNext} onClick={onNext ?? undefined}>
            Next
            <ChevronRight size={14} aria-hidden />
          </Button>
        </span>
      ) : null}
    </div>
  );
}
