import { NotificationsPage } from "@/features/notifications/notifications-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  return <NotificationsPage workspace={useWorkspace()} />;
}
