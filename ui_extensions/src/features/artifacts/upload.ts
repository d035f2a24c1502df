import { useEffect, useRef, useState } from "react";
import type { Drop } from "@/api/types";
import { type UploadProgress, upload } from "@/api/upload";
import { withQuery } from "@/lib/paths";

export const ARTIFACTS = ["manifest.json", "catalog.json", "run_results.json", "sources.json"];
const ARCHIVE = /\.(zip|tar|tar\.gz|tgz)$/i;

export const isArchive = (name: string) => ARCHIVE.test(name);
/** Whether dbt writes files of this name, or they can hold such. */
export const isKnown = (name: string) => ARTIFACTS.includes(name.toLowerCase()) || isArchive(name);

/** Files of one name replace each other: the last chosen is meant. */
export function withFiles(chosen: readonly File[], more: readonly File[]): File[] {
  return [...new Map([...chosen, ...more].map((file) => [file.name, file])).values()];
}

/** Why these cannot be sent together; null where they can. */
export function hindranceOf(files: readonly File[]): string | null {
  const archives = files.filter(({ name }) => isArchive(name));
  if (archives.length > 1) return "One archive at a time: each is a state of the project by itself.";
  if (archives.length === 1 && files.length > 1)
    return "Either an archive or single files: which of them holds would be anybody's guess.";
  const empty = files.find(({ size }) => size === 0);
  return empty ? `${empty.name} is empty.` : null;
}

export const uploadUrl = (workspace: string, environment: string, label: string) =>
  withQuery(`/api/workspaces/${encodeURIComponent(workspace)}/artifacts`, { environment, label });

export type UploadState =
  | { state: "idle" }
  | { state: "sending"; progress: UploadProgress }
  | { state: "failed"; error: unknown }
  | { state: "done"; drop: Drop };

/** One upload at a time; it ends when it is cancelled or the page is left. */
export function useUpload(onDone: () => void) {
  const [state, setState] = useState<UploadState>({ state: "idle" });
  const controller = useRef<AbortController | null>(null);
  useEffect(() => () => controller.current?.abort(), []);
  const start = async (url: string, files: readonly File[]) => {
    const own = new AbortController();
    controller.current = own;
    const total = files.reduce((sum, { size }) => sum + size, 0);
    setState({ state: "sending", progress: { sent: 0, total } });
    const body = new FormData();
    for (const file of files) body.append("files", file, file.name);
    try {
      const onProgress = (progress: UploadProgress) => setState({ state: "sending", progress });
      const drop = await upload<Drop>({ url, body, onProgress, signal: own.signal });
      setState({ state: "done", drop });
      onDone();
    } catch (error) {
      const cancelled = error instanceof DOMException && error.name === "AbortError";
      setState(cancelled ? { state: "idle" } : { state: "failed", error });
    }
  };
  return {
    ...state,
    start,
    cancel: () => controller.current?.abort(),
    reset: () => setState({ state: "idle" }),
  };
}
