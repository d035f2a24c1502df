import type { ReactNode } from "react";
import { useMay } from "@/api/access";
import type { Workspace } from "@/api/types";
import { PageHeader } from "@/components/ui/page";
import { Tabs } from "@/components/ui/tabs";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";
import { AuditLog } from "./audit-log";
import { GeneralTab } from "./general-tab";
import { MembersTab } from "./members-tab";
import { Tokens } from "./tokens";

const TOKENS =
  "A service token acts for this workspace: for deployments, schedulers and other programs that a team depends on.";

/** How a workspace is set up, and who may do what in it. */
export function SettingsPage({ workspace }: { workspace: Workspace }) {
  const { params } = useUrlState();
  const { key } = workspace;
  const tokens = useMay("token:manage", key);
  const tabs: { key: string; label: string; content: ReactNode }[] = [
    { key: "general", label: "General", content: <GeneralTab workspace={workspace} /> },
    { key: "members", label: "Members", content: <MembersTab workspace={key} /> },
    {
      key: "tokens",
      label: "Service tokens",
      content: <Tokens owner={key} title="Service tokens" about={TOKENS} denied={tokens.why} />,
    },
    { key: "audit", label: "Audit", content: <AuditLog workspace={key} /> },
  ];
  const active = tabs.find((tab) => tab.key === params.get("tab")) ?? tabs[0];
  return (
    <>
      <PageHeader
        crumbs={[{ label: workspace.name, to: paths.dashboard(key) }]}
        title="Settings"
        tabTitle={`Settings · ${workspace.name}`}
      />
      <Tabs
        label="Parts of the settings"
        active={active?.key ?? ""}
        tabs={tabs.map((tab, index) => ({
          key: tab.key,
          label: tab.label,
          to: paths.settings(key, { tab: index === 0 ? null : tab.key }),
        }))}
      />
      <div className="px-5 py-4 max-md:px-3">{active?.content}</div>
    </>
  );
}
