import type { Environment, EnvironmentCheck } from "@/api/types";
import { plural } from "@/lib/format";
import type { StatusView } from "@/lib/status";

/** How the last test of the connection ended. */
export function connection({ last_test: test }: Pick<Environment, "last_test">): StatusView {
  if (test === null) return { tone: "unknown", label: "Never tested" };
  switch (test.status) {
    case "success":
      return { tone: "ok", label: "Connects" };
    case "failed":
      return { tone: "failed", label: "Does not connect" };
    case "running":
      return { tone: "running", label: "Being tested" };
    case null:
      return { tone: "unknown", label: "Test not begun" };
    default:
      return { tone: "unknown", label: "Test did not end" };
  }
}

type Runnable = Pick<Environment, "archived_at" | "is_runnable" | "dbt_target">;

/** Why nothing can be run there; null where it can. */
export function hindrance({ archived_at, is_runnable, dbt_target }: Runnable): string | null {
  if (is_runnable) return null;
  if (archived_at !== null) return "It is archived: it can be read, and nothing is run in it.";
  return `The profile in the repository has no target ${dbt_target}, and none is kept here.`;
}

/** Where the profile comes from, in a word. */
export const profileWord = ({ has_own_profile: own }: Pick<Environment, "has_own_profile">) =>
  own ? "kept here" : "repository";

export function countsWord({ variables, secrets }: Pick<Environment, "variables" | "secrets">): string {
  if (variables + secrets === 0) return "none";
  const parts = [
    variables > 0 ? plural(variables, "variable") : "",
    secrets > 0 ? plural(secrets, "secret") : "",
  ];
  return parts.filter(Boolean).join(", ");
}

/** Whether the adapter that the target needs is there. */
export function adapterState({ adapters }: Pick<EnvironmentCheck, "adapters">): StatusView {
  const { needed, missing } = adapters;
  if (needed === null) return { tone: "unknown", label: "The target does not say which adapter it needs" };
  if (missing === null) return { tone: "unknown", label: `Whether ${needed} is installed is not known` };
  return missing
    ? { tone: "failed", label: `${needed} is needed and not installed` }
    : { tone: "ok", label: `${needed} is installed` };
}
