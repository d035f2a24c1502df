export { ProfilePage as Component } from "@/features/access/profile-page";
