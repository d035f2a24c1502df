import type { ReactNode } from "react";
import { CursorPager } from "@/components/ui/cursor-pager";
import { type QueryLike, QueryView } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/page";

interface List<T> {
  items: T[];
  total?: number | null;
  next_cursor?: string | null;
}

interface ListPanelProps<T> {
  query: QueryLike<List<T>>;
  /** What was asked for, as in "Could not load the runs". */
  what: string;
  /** What is said instead of a list without items. */
  empty: ReactNode;
  compact?: boolean;
  /** Of a list that comes in pages. */
  pageSize?: number;
  children: (items: T[]) => ReactNode;
}

/** A list in its box: loading, failed, empty, or there, with the way to its other pages. */
export function ListPanel<T>({ query, what, empty, compact = false, pageSize, children }: ListPanelProps<T>) {
  return (
    <Panel>
      <QueryView query={query} what={what} compact={compact}>
        {(list) =>
          list.items.length === 0 ? (
            empty
          ) : (
            <>
              {children(list.items)}
              {pageSize === undefined ? null : (
                <CursorPager
                  pageSize={pageSize}
                  shown={list.items.length}
                  total={list.total}
                  nextCursor={list.next_cursor}
                />
              )}
            </>
          )
        }
      </QueryView>
    </Panel>
  );
}
