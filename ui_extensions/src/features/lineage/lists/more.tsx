import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { useLatest } from "@/lib/hooks";

interface Paged {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** The next page, asked for when the end of the list comes into sight, or by hand. */
export function More({ query }: { query: Paged }) {
  const end = useRef<HTMLDivElement>(null);
  const latest = useLatest(query);
  useEffect(() => {
    if (!end.current) return;
    const observer = new IntersectionObserver(([entry]) => {
      const { hasNextPage, isFetchingNextPage, fetchNextPage } = latest.current;
      if (entry?.isIntersecting && hasNextPage && !isFetchingNextPage) fetchNextPage();
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [latest]);
  return (
    <div ref={end}>
      {query.hasNextPage ? (
        <Button
          look="quiet"
          className="w-full"
          disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {query.isFetchingNextPage ? "Loading more" : "Show more"}
        </Button>
      ) : null}
    </div>
  );
}
