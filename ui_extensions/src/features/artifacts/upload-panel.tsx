import { FileJson, FileUp, Package, X } from "lucide-react";
import { type DragEvent, useRef, useState } from "react";
import { useMay } from "@/api/access";
import { ApiError } from "@/api/errors";
import { Button, IconButton } from "@/components/ui/button";
import { ErrorState, Notice } from "@/components/ui/feedback";
import { Section } from "@/components/ui/page";
import { StatusMark } from "@/components/ui/status";
import { TextField } from "@/components/ui/text-field";
import { cn } from "@/lib/cn";
import { formatBytes } from "@/lib/format";
import { useReading } from "@/lib/reading";
import { useRefreshDrops } from "./queries";
import { hindranceOf, isArchive, isKnown, uploadUrl, useUpload, withFiles } from "./upload";

/** Brings artifacts by hand: single files or one archive of `target/`. */
export function UploadPanel({ workspace }: { workspace: string }) {
  const may = useMay("artifact:upload", workspace);
  const { environment } = useReading();
  const refresh = useRefreshDrops(workspace);
  const [files, setFiles] = useState<File[]>([]);
  const [label, setLabel] = useState("");
  const job = useUpload(() => {
    setFiles([]);
    setLabel("");
    refresh();
  });
  const sending = job.state === "sending";
  const hindrance = hindranceOf(files);
  const add = (more: File[]) => {
    if (!sending) job.reset();
    setFiles(withFiles(files, more));
  };
  return (
    <Section title="Upload">
      <div className="flex flex-col gap-3">
        <DropZone denied={may.why} disabled={sending} onFiles={add} />
        {files.length > 0 ? (
          <FileList
            files={files}
            disabled={sending}
            error={job.state === "failed" ? job.error : null}
            onRemove={(name) => setFiles(files.filter((file) => file.name !== name))}
          />
        ) : null}
        {hindrance && files.length > 0 ? <Notice tone="warning">{hindrance}</Notice> : null}
        {job.state === "sending" ? <Progress {...job.progress} onCancel={job.cancel} /> : null}
        {job.state === "failed" ? (
          <ErrorState compact title="Nothing was taken in" error={job.error} />
        ) : null}
        {job.state === "done" ? (
          <p role="status" className="flex items-center gap-1.5 text-sm">
            <StatusMark tone="ok" /> Received. What becomes of it is shown below.
          </p>
        ) : null}
        {files.length > 0 && !sending ? (
          <div className="flex flex-wrap items-end gap-2">
            <TextField
              label="Label"
              value={label}
              onChange={setLabel}
              placeholder="such as the commit"
              maxLength={200}
            />
            <Button
              look="primary"
              denied={may.why}
              disabled={hindrance !== null}
              className="mb-0.5"
              onClick={() => void job.start(uploadUrl(workspace, environment, label), files)}
            >
              Upload {files.length === 1 ? "it" : `${files.length} files`}
            </Button>
          </div>
        ) : null}
      </div>
    </Section>
  );
}

interface ZoneProps {
  denied: string | null;
  disabled: boolean;
  onFiles: (files: File[]) => void;
}

function DropZone({ denied, disabled, onFiles }: ZoneProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const blocked = disabled || denied !== null;
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (!blocked) onFiles([...event.dataTransfer.files]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a place to drop files on; the button in it does the same
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
      className={cn(
        "flex flex-col items-center gap-2 rounded-md border border-dashed px-4 py-6 text-center",
        over && !blocked ? "border-accent bg-accent-soft" : "border-line-strong",
      )}
    >
      <FileUp size={20} className="text-faint" aria-hidden />
      <p className="text-sm text-muted">
        Drop <code className="font-mono text-xs">manifest.json</code>,{" "}
        <code className="font-mono text-xs">catalog.json</code>,{" "}
        <code className="font-mono text-xs">run_results.json</code> or{" "}
        <code className="font-mono text-xs">sources.json</code> here, or a zip or tar of{" "}
        <code className="font-mono text-xs">target/</code>
      </p>
      <Button denied={denied} disabled={disabled} onClick={() => input.current?.click()}>
        Choose files
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Artifacts"
        disabled={blocked}
        accept=".json,.zip,.tar,.gz,.tgz"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          // The same file can be chosen again after it was taken away.
          event.target.value = "";
        }}
      />
    </div>
  );
}

interface ListProps {
  files: File[];
  disabled: boolean;
  error: unknown;
  onRemove: (name: string) => void;
}

function FileList({ files, disabled, error, onRemove }: ListProps) {
  return (
    <ul aria-label="Chosen files" className="flex flex-col gap-1">
      {files.map((file) => {
        const Icon = isArchive(file.name) ? Package : FileJson;
        return (
          <li key={file.name} className="rounded-md border px-2.5 py-1">
            <div className="flex items-center gap-2 text-sm">
              <Icon size={14} className="shrink-0 text-faint" aria-hidden />
              <span className="min-w-0 flex-1 truncate font-mono text-xs" title={file.name}>
                {file.name}
              </span>
              <span className="text-xs text-muted">{formatBytes(file.size)}</span>
              <IconButton
                label={`Take ${file.name} away`}
                disabled={disabled}
                onClick={() => onRemove(file.name)}
              >
                <X size={14} aria-hidden />
              </IconButton>
            </div>
            {isKnown(file.name) ? null : (
              <p className="flex items-center gap-1.5 text-xs text-warning">
                <StatusMark tone="warning" size={11} />
                dbt writes no artifact of this name; the server may refuse it.
              </p>
            )}
            {reasonsOf(error, file.name).map((reason) => (
              <p key={reason} role="alert" className="flex items-start gap-1.5 text-xs text-failed">
                <span className="mt-0.5">
                  <StatusMark tone="failed" size={11} />
                </span>
                <span className="min-w-0 break-words">{reason}</span>
              </p>
            ))}
          </li>
        );
      })}
    </ul>
  );
}

/** What the server says of this file. */
export function reasonsOf(error: unknown, name: string): string[] {
  if (!(error instanceof ApiError)) return [];
  return error.details
    .filter(({ field }) => field === name || field.split(/[./]/).join(".").endsWith(`.${name}`))
    .map(({ message }) => message);
}

function Progress({ sent, total, onCancel }: { sent: number; total: number; onCancel: () => void }) {
  const share = total > 0 ? Math.min(100, Math.round((100 * sent) / total)) : 0;
  return (
    <div className="flex items-center gap-3 text-sm">
      <div
        role="progressbar"
        aria-label="Upload"
        aria-valuenow={share}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-1.5 min-w-24 flex-1 rounded-sm bg-sunken"
      >
        <div className="h-full rounded-sm bg-accent" style={{ width: `${share}%` }} />
      </div>
      <span className="text-muted">
        {share === 100
          ? "Sent; the server looks through it"
          : `${formatBytes(sent)} of ${formatBytes(total)}`}
      </span>
      <Button onClick={onCancel}>Cancel</Button>
    </div>
  );
}
