/**
 * The server counts characters as Unicode does, and line ends as they were; the editor counts halves of UTF-16, and every line
 * end as one.
 */
export function rangeOf(code: string, span: readonly number[] | null): { from: number; to: number } | null {
  const [start, end] = span ?? [];
  if (start === undefined || end === undefined || start < 0 || end <= start) return null;
  const letters = [...code];
  if (end > letters.length) return null;
  const edited = (count: number) => asEdited(letters.slice(0, count).join("")).length;
  return { from: edited(start), to: edited(end) };
}

/** The text as the editor holds it. */
export const asEdited = (code: string) => code.replaceAll("\r\n", "\n");
