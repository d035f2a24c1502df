import type { ReactNode } from "react";
import { useMe } from "@/api/session";
import type { Me } from "@/api/types";
import { SkeletonRows } from "@/components/ui/feedback";
import { PageHeader } from "@/components/ui/page";
import { Tabs } from "@/components/ui/tabs";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";
import { AccountTab } from "./account-tab";
import { AppearanceTab } from "./appearance-tab";
import { SessionsTab } from "./sessions-tab";
import { Tokens } from "./tokens";

const TOKENS =
  "A personal token lets a script or another program do in your name what you allow it. Where a team depends on it, " +
  "use a service token of the workspace.";

export function ProfilePage() {
  const me = useMe();
  return (
    <>
      <PageHeader crumbs={[]} title="Profile" />
      {me ? <ProfileTabs me={me} /> : <SkeletonRows />}
    </>
  );
}

function ProfileTabs({ me }: { me: Me }) {
  const { params } = useUrlState();
  const tabs: { key: string; label: string; content: ReactNode }[] = [
    { key: "account", label: "Account", content: <AccountTab me={me} /> },
    { key: "sessions", label: "Sessions", content: <SessionsTab /> },
    {
      key: "tokens",
      label: "Tokens",
      content: <Tokens owner={null} title="Personal tokens" about={TOKENS} />,
    },
    { key: "appearance", label: "Appearance", content: <AppearanceTab /> },
  ];
  // Without a login there is nobody to have sessions or tokens.
  const shown = me.kind === "local" ? tabs.filter(({ key }) => !PERSONAL.has(key)) : tabs;
  const active = shown.find(({ key }) => key === params.get("tab")) ?? shown[0];
  return (
    <>
      <Tabs
        label="Parts of the profile"
        active={active?.key ?? ""}
        tabs={shown.map(({ key, label }, index) => ({
          key,
          label,
          to: paths.profile({ tab: index === 0 ? null : key }),
        }))}
      />
      <div className="px-5 py-4 max-md:px-3">{active?.content}</div>
    </>
  );
}

const PERSONAL = new Set(["sessions", "tokens"]);
