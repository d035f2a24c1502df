/** "body.steps[0].options.vars" and "steps.0.options.vars" are the same field. */
export function normaliseField(field: string): string {
  return field
    .replace(/\[(\w+)\]/g, ".$1")
    .replace(/^body\./, "")
    .replace(/^\./, "");
}
