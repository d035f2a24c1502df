import { describe, expect, it } from "vitest";
import { overview, run } from "@/test/fixtures";
import { verdictOf } from "./verdict";

const nodes = (changes: Record<string, number>) => ({
  nodes_by_status: { ok: 0, warning: 0, failed: 0, skipped: 0, unknown: 0, ...changes },
});
const late = {
  unique_id: "source.a",
  name: "a",
  status: "error",
  max_loaded_at: null,
  snapshotted_at: null,
  age_seconds: null,
  message: null,
  run_id: null,
};

describe("the dashboard's verdict", () => {
  it.each([
    ["everything good", overview(nodes({ ok: 3 })), "ok", "Everything is fine"],
    ["some never run", overview(nodes({ ok: 3, unknown: 2 })), "ok", "Everything that has run is fine"],
    [
      "nothing run",
      overview({ ...nodes({ unknown: 5 }), recent_runs: [] }),
      "unknown",
      "Nothing is known yet",
    ],
    [
      "a word it does not know",
      overview({ ...nodes({ melted: 5 }), recent_runs: [] }),
      "unknown",
      "Nothing is known yet",
    ],
    ["warnings", overview(nodes({ ok: 3, warning: 1 })), "warning", "Nothing fails, but there are warnings"],
    ["failures", overview(nodes({ ok: 3, failed: 2 })), "failed", "2 nodes failing"],
    ["late sources", overview({ ...nodes({ ok: 3 }), freshness: [late] }), "failed", "1 source late"],
    ["a failed run", overview({ recent_runs: [run({ status: "failed" })] }), "failed", "The last run failed"],
    [
      "a first run",
      overview({ ...nodes({ unknown: 1 }), recent_runs: [run({ status: "running" })] }),
      "running",
      "The first results are on their way",
    ],
  ])("with %s", (_, facts, tone, title) => expect(verdictOf(facts)).toMatchObject({ tone, title }));
});
