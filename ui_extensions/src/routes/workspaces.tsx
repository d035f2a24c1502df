export { WorkspacesPage as Component } from "@/features/access/workspaces-page";
