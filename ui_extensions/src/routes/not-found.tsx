import { useLocation } from "react-router";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { PageHeader } from "@/components/ui/page";

export function Component() {
  const { pathname } = useLocation();
  return (
    <div>
      <PageHeader crumbs={[]} title="Page not found" />
      <EmptyState
        title="There is no page at this address"
        action={<ButtonLink to="/">Go to the dashboard</ButtonLink>}
      >
        <code className="font-mono text-sm break-all">{pathname}</code>
      </EmptyState>
    </div>
  );
}

/** The same where there is no shell around it. */
export function Outside() {
  return (
    <main>
      <Component />
    </main>
  );
}
