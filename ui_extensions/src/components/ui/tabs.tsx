import { Link } from "react-router";
import { cn } from "@/lib/cn";

export interface TabLink {
  key: string;
  label: string;
  to: string;
  count?: number | undefined;
}

/** Tabs are links: each has its own address. */
export function Tabs({ tabs, active, label }: { tabs: TabLink[]; active: string; label: string }) {
  return (
    <nav aria-label={label} className="flex gap-1 overflow-x-auto border-b px-5 max-md:px-3">
      {tabs.map((tab) => (
        <Link
          key={tab.key}
          to={tab.to}
          replace
          aria-current={tab.key === active ? "page" : undefined}
          className={cn(
            "-mb-px border-b-2 px-2.5 py-1.5 text-sm whitespace-nowrap -outline-offset-2",
            tab.key === active
              ? "border-accent font-medium text-ink"
              : "border-transparent text-muted hover:text-ink",
          )}
        >
          {tab.label}
          {tab.count === undefined ? null : <span className="ml-1.5 text-xs text-faint">{tab.count}</span>}
        </Link>
      ))}
    </nav>
  );
}
