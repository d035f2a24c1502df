export { UsersPage as Component } from "@/features/access/users-page";
