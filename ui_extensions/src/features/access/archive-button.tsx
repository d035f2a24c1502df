import { useState } from "react";
import { useMay } from "@/api/access";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { useArchive } from "./workspace-queries";

/** Archiving is asked about and can be undone; restoring needs no asking. */
export function ArchiveButton({ workspace }: { workspace: Pick<Workspace, "key" | "name" | "archived_at"> }) {
  const may = useMay("workspace:manage");
  const archive = useArchive(workspace.key);
  const [asking, setAsking] = useState(false);
  const error = archive.isError ? (
    <ErrorState compact title={`Nothing has changed for ${workspace.name}`} error={archive.error} />
  ) : null;
  if (workspace.archived_at !== null) {
    return (
      <>
        <Button
          denied={may.why}
          aria-label={`Restore ${workspace.name}`}
          disabled={archive.isPending}
          onClick={() => archive.mutate(false)}
        >
          Restore
        </Button>
        {error}
      </>
    );
  }
  return (
    <>
      <Button denied={may.why} aria-label={`Archive ${workspace.name}`} onClick={() => setAsking(true)}>
        Archive
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`Archive ${workspace.name}?`}
        action="Archive it"
        busy={archive.isPending}
        onConfirm={() => archive.mutate(true, { onSuccess: () => setAsking(false) })}
      >
        <p>
          It disappears from everybody's list, can only be read, and starts no more runs. Nothing is deleted:
          it can be restored at any time.
        </p>
        {error}
      </Confirm>
    </>
  );
}
