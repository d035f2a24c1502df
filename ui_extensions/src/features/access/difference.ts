type Fields = Record<string, unknown>;

export interface Change {
  field: string;
  /** Undefined where there was none. */
  before: string | undefined;
  after: string | undefined;
}

/** What a change changed, field by field: only what is not the same before and after. */
export function difference(before: Fields | null, after: Fields | null): Change[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return fields
    .map((field) => ({ field, before: shown(before, field), after: shown(after, field) }))
    .filter((change) => change.before !== change.after);
}

function shown(fields: Fields | null, field: string): string | undefined {
  if (fields === null || !(field in fields)) return undefined;
  const value = fields[field];
  return typeof value === "string" ? value : JSON.stringify(value);
}
