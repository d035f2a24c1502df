import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

export interface Crumb {
  label: string;
  to?: string;
}

interface PageHeaderProps {
  crumbs: Crumb[];
  title: ReactNode;
  /** The text of the browser's tab; the title where that is a text. */
  tabTitle?: string;
  actions?: ReactNode;
  children?: ReactNode;
}

/** Breadcrumb, title, and the page's actions at the right. */
export function PageHeader({ crumbs, title, tabTitle, actions, children }: PageHeaderProps) {
  const tab = tabTitle ?? (typeof title === "string" ? title : "");
  return (
    <header className="flex flex-col gap-1 px-5 pt-3 pb-3 max-md:px-3">
      <title>{tab ? `${tab} · dbt Workbench` : "dbt Workbench"}</title>
      <Breadcrumbs crumbs={crumbs} />
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h1 className="flex min-w-0 items-center gap-2 text-xl font-semibold break-words">{title}</h1>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </div>
      {children}
    </header>
  );
}

function Breadcrumbs({ crumbs }: { crumbs: Crumb[] }) {
  return (
    <nav aria-label="Breadcrumb">
      <ol className="flex flex-wrap items-center gap-1 text-sm text-muted">
        {crumbs.map((crumb, index) => (
          <li key={`${crumb.label}-${crumb.to ?? index}`} className="flex min-w-0 items-center gap-1">
            {index > 0 ? <ChevronRight size={12} className="text-faint" aria-hidden /> : null}
            {crumb.to ? (
              <Link to={crumb.to} className="truncate hover:text-ink hover:underline">
                {crumb.label}
              </Link>
            ) : (
              <span className="truncate">{crumb.label}</span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** A titled part of a page. */
export function Section({
  title,
  actions,
  children,
}: {
  title: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="min-w-0">
      <div className="mb-1.5 flex min-h-7 items-center justify-between gap-3">
        <h2 className="text-base font-semibold">{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** A bordered box for lists and tables inside a page. */
export function Panel({ children, className = "" }: { children: ReactNode; className?: string }) {
  return <div className={`min-w-0 overflow-hidden rounded-md border bg-canvas ${className}`}>{children}</div>;
}

export interface Fact {
  name: string;
  value: ReactNode;
}

/** Names and values side by side; wraps on narrow screens. */
export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="flex flex-wrap gap-x-7 gap-y-2">
      {facts.map((fact) => (
        <div key={fact.name} className="min-w-0">
          <dt className="text-xs text-faint">{fact.name}</dt>
          <dd className="min-w-0 break-words text-sm">{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
