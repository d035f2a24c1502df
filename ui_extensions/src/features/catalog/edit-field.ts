import type { NodeDetail, OverrideField } from "@/api/types";
import { asText, isFields } from "@/lib/values";

export type Parsed = { value: unknown } | { error: string };

export interface Editor {
  label: string;
  help: string;
  long: boolean;
  text: (value: unknown) => string;
  parse: (text: string) => Parsed;
}

/** How each field that people may set is written and read. */
export const EDITORS: Record<OverrideField, Editor> = {
  owner: {
    label: "Owner",
    help: "Who answers for it: a person or a team.",
    long: false,
    text: asText,
    parse: (text) => ({ value: text.trim() }),
  },
  description: {
    label: "Description",
    help: "A blank line begins a paragraph, `this` is code.",
    long: true,
    text: asText,
    parse: (text) => ({ value: text.trim() }),
  },
  tags: {
    label: "Tags",
    help: "Separated by commas.",
    long: false,
    text: (value) => (Array.isArray(value) ? value.join(", ") : ""),
    parse: (text) => ({ value: tagsOf(text) }),
  },
  meta: {
    label: "Metadata",
    help: 'A JSON object, such as {"tier": 1}.',
    long: true,
    text: (value) => JSON.stringify(value ?? {}, null, 2),
    parse: metaOf,
  },
};

const tagsOf = (text: string) => [
  ...new Set(
    text
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean),
  ),
];

function metaOf(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text.trim() || "{}");
    return isFields(value) ? { value } : { error: "This is no JSON object: it has to be in { }." };
  } catch (error) {
    return { error: `This is no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** The value that holds, overrides included. */
export const currentValue = (node: NodeDetail, field: OverrideField): unknown =>
  ({ owner: node.owner ?? "", description: node.description, tags: node.tags, meta: node.meta })[field];

export const overrideOf = (node: NodeDetail, field: OverrideField) =>
  node.overrides.find((one) => one.field === field) ?? null;
