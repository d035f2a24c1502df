export interface Part {
  text: string;
  marked: boolean;
}

/** A text cut at the ranges that matched. Ranges may overlap, be out of order or reach beyond the text. */
export function partsOf(text: string, ranges: readonly (readonly number[])[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const [from, to] of sorted(ranges)) {
    const start = Math.max(at, from);
    const end = Math.min(text.length, to);
    if (start >= end) continue;
    if (start > at) parts.push({ text: text.slice(at, start), marked: false });
    parts.push({ text: text.slice(start, end), marked: true });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at), marked: false });
  return parts;
}

const sorted = (ranges: readonly (readonly number[])[]) =>
  ranges.map(([from = 0, to = 0]) => [from, to] as const).toSorted(([left], [right]) => left - right);
