import { PageHeader } from "@/components/ui/page";
import { AuditLog } from "./audit-log";

/** The log of the whole instance. */
export function AuditPage() {
  return (
    <>
      <PageHeader crumbs={[{ label: "Administration" }]} title="Audit" />
      <div className="px-5 pb-6 max-md:px-3">
        <AuditLog workspace={null} />
      </div>
    </>
  );
}
