export { AuditPage as Component } from "@/features/access/audit-page";
