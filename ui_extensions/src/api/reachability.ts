import { useSyncExternalStore } from "react";

/** Whether the last call of the API got an answer. Any query sets it; the banner of the shell shows it. */
let lostAt: number | null = null;
const listeners = new Set<() => void>();

function set(next: number | null): void {
  if (lostAt === next) return;
  lostAt = next;
  for (const listener of listeners) listener();
}

export const markReached = () => set(null);
export const markLost = () => set(lostAt ?? Date.now());

/** When the server was lost, or null while it answers. */
export function useLostAt(): number | null {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => lostAt,
  );
}
