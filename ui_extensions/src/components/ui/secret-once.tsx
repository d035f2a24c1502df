import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/feedback";

/** A secret at the only time it can be seen. */
export function SecretOnce({ label, secret }: { label: string; secret: string }) {
  return (
    <div className="flex flex-col gap-2">
      <Notice tone="warning">
        Copy it now. It is not shown again: only a fingerprint of it is kept on the server.
      </Notice>
      <div className="flex items-center justify-between gap-2 rounded-md border bg-surface py-1 pr-1 pl-3">
        <output aria-label={label} className="min-w-0 font-mono text-sm break-all select-all">
          {secret}
        </output>
        <CopyButton text={secret} />
      </div>
    </div>
  );
}
