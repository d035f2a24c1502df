import { useSyncExternalStore } from "react";

/** Whether changes are told as they happen. The stream of the shell sets it; the banner of the shell shows it. */
let live = true;
const listeners = new Set<() => void>();

export function markLive(next: boolean): void {
  if (live === next) return;
  live = next;
  for (const listener of listeners) listener();
}

export function useLive(): boolean {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => live,
  );
}
