import type { NodeDetail } from "@/api/types";
import { filled } from "@/components/ui/key-values";

/** Shown by name elsewhere on the page, whatever the type. */
const SHOWN_ELSEWHERE = new Set([
  "name",
  "unique_id",
  "resource_type",
  "description",
  "tags",
  "meta",
  "owner",
]);

/** What an artifact says of a node beyond the fields that every node has. */
export const detailsOf = (node: NodeDetail): Record<string, unknown> => node.extra;

/** What is left when the parts that are shown readably are taken away. */
export function remaining(
  values: Record<string, unknown>,
  shown: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(
    filled(values).filter(([key]) => !shown.includes(key) && !SHOWN_ELSEWHERE.has(key)),
  );
}

/** An address one may follow: of the web, never a script. */
export function webAddress(value: unknown): string | null {
  if (typeof value !== "string" || !URL.canParse(value)) return null;
  return ["http:", "https:"].includes(new URL(value).protocol) ? value : null;
}
