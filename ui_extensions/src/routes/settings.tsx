import { SettingsPage } from "@/features/access/settings-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  return <SettingsPage workspace={useWorkspace()} />;
}
