import { useCallback } from "react";
import { useSearchParams } from "react-router";

export type Patch = Record<string, string | number | readonly string[] | null | undefined>;

/** The search part of the address with the patch applied: null, undefined and "" remove a key. */
export function patched(current: URLSearchParams, patch: Patch): URLSearchParams {
  const next = new URLSearchParams(current);
  for (const [key, value] of Object.entries(patch)) {
    next.delete(key);
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) next.append(key, String(one));
  }
  return next;
}

/**
 * State that lives in the address. `patch` makes a step in the history, `replace` does not (for typing and the like).
 */
export function useUrlState() {
  const [params, setParams] = useSearchParams();
  const patch = useCallback(
    (change: Patch, options: { replace?: boolean } = {}) =>
      setParams((current) => patched(current, change), {
        replace: options.replace ?? false,
        preventScrollReset: true,
      }),
    [setParams],
  );
  return { params, patch };
}

/** Clicking a column: ascending, descending, then the default order again. */
export function nextSort(current: string | null, column: string, descendingFirst = false): string | null {
  const [first, second] = descendingFirst ? [`-${column}`, column] : [column, `-${column}`];
  if (current === first) return second;
  return current === second ? null : first;
}
