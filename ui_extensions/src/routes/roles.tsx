export { RolesPage as Component } from "@/features/access/roles-page";
