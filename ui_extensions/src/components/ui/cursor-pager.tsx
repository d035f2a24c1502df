import { useLocation, useNavigate } from "react-router";
import { Pager } from "@/components/ui/table";
import { patched } from "@/lib/url-state";

interface CursorPagerProps {
  pageSize: number;
  shown: number;
  total: number | null | undefined;
  /** Without a total, more was found than can be paged through. */
  cut?: boolean;
  nextCursor: string | null | undefined;
}

/**
 * Paging by the server's cursor, kept in the address. The way back is kept with the history entry; an address opened
 * elsewhere has none, and "Previous" then leads to the first page.
 */
export function CursorPager({ pageSize, shown, total, cut = false, nextCursor }: CursorPagerProps) {
  const navigate = useNavigate();
  const location = useLocation();
  const params = new URLSearchParams(location.search);
  const cursor = params.get("cursor") ?? "";
  const page = Math.max(1, Number(params.get("page") ?? 1) || 1);
  const trail = (location.state as { trail?: string[] } | null)?.trail ?? [];
  const go = (to: string, toPage: number, toTrail: string[]) => {
    const search = patched(params, { cursor: to, page: toPage > 1 ? toPage : null }).toString();
    navigate({ search: search ? `?${search}` : "" }, { state: { trail: toTrail } });
  };
  const back = () => {
    const previous = trail.at(-1);
    if (previous === undefined) go("", 1, []);
    else go(previous, page - 1, trail.slice(0, -1));
  };
  return (
    <Pager
      page={page}
      pageSize={pageSize}
      shown={shown}
      total={total}
      cut={cut}
      onPrevious={cursor ? back : null}
      onNext={nextCursor ? () => go(nextCursor, page + 1, [...trail, cursor]) : null}
    />
  );
}
