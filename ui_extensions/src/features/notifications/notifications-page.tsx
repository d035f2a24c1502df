import { useQuery } from "@tanstack/react-query";
import type { Workspace } from "@/api/types";
import { PageHeader } from "@/components/ui/page";
import { Tabs } from "@/components/ui/tabs";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";
import { Channels } from "./channels";
import { Deliveries } from "./deliveries";
import { channelsQuery, rulesQuery } from "./queries";
import { Rules } from "./rules";

/** Who is told of what, by which way, and whether it arrived. */
export function NotificationsPage({ workspace }: { workspace: Workspace }) {
  const { key, name } = workspace;
  const { params } = useUrlState();
  const channels = useQuery(channelsQuery(key));
  const rules = useQuery(rulesQuery(key));
  const asked = params.get("tab");
  const tab = asked === "rules" || asked === "channels" ? asked : "log";
  const to = (next: string) => paths.notifications(key, next === "log" ? {} : { tab: next });
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: paths.dashboard(key) }]}
        title="Notifications"
        tabTitle={`Notifications · ${name}`}
      />
      <Tabs
        label="Parts of the notifications"
        active={tab}
        tabs={[
          { key: "log", label: "Deliveries", to: to("log") },
          { key: "rules", label: "Rules", to: to("rules"), count: rules.data?.total },
          { key: "channels", label: "Channels", to: to("channels"), count: channels.data?.total },
        ]}
      />
      <div className="px-5 pt-4 pb-6 max-md:px-3">
        {tab === "log" ? <Deliveries workspace={key} /> : null}
        {tab === "rules" ? <Rules workspace={key} /> : null}
        {tab === "channels" ? <Channels workspace={key} /> : null}
      </div>
    </>
  );
}
