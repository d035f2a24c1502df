import { describe, expect, it } from "vitest";
import { environment } from "@/test/environment-fixtures";
import { changesOf, chosenProfile, formOf, isComplete, problemsOf, requestOf } from "./form";
import { adapterState, connection, countsWord, hindrance } from "./words";

const test = (status: string | null) => ({
  last_test: { run_id: "run-1", at: "2024-05-01T08:00:00Z", status, message: null },
});

describe("the words of an environment", () => {
  it("tell unknown from failed", () => {
    expect(connection({ last_test: null })).toEqual({ tone: "unknown", label: "Never tested" });
    expect(connection(test(null)).tone).toBe("unknown");
    expect(connection(test("running")).tone).toBe("running");
    expect(connection(test("success"))).toEqual({ tone: "ok", label: "Connects" });
    expect(connection(test("failed"))).toEqual({ tone: "failed", label: "Does not connect" });
    expect(connection(test("cancelled")).tone).toBe("unknown");
  });

  it("say why nothing can be run", () => {
    expect(hindrance(environment("dev"))).toBeNull();
    expect(hindrance(environment("dev", { is_runnable: false }))).toMatch(/has no target dev/);
    const archived = environment("dev", { is_runnable: false, archived_at: "2024-05-01T08:00:00Z" });
    expect(hindrance(archived)).toMatch(/archived/);
  });

  it("count variables and secrets apart", () => {
    expect(countsWord({ variables: 0, secrets: 0 })).toBe("none");
    expect(countsWord({ variables: 1, secrets: 0 })).toBe("1 variable");
    expect(countsWord({ variables: 2, secrets: 1 })).toBe("2 variables, 1 secret");
  });

  it("say of an adapter that nobody can tell", () => {
    const state = (installed: string[] | null, needed: string | null, missing: boolean | null) =>
      adapterState({ adapters: { installed, needed, missing } }).tone;
    expect(state(["duckdb"], "duckdb", false)).toBe("ok");
    expect(state(["duckdb"], "postgres", true)).toBe("failed");
    expect(state(null, "postgres", null)).toBe("unknown");
    expect(state(["duckdb"], null, null)).toBe("unknown");
  });
});

describe("the form of an environment", () => {
  const before = formOf(environment("dev", { threads: 4 }));

  it("sends what changed and nothing else", () => {
    expect(changesOf(before, before)).toEqual({});
    expect(changesOf(before, { ...before, threads: " 8 ", deferTo: "prod" })).toEqual({
      threads: 8,
      defer_to: "prod",
    });
    expect(changesOf(before, { ...before, threads: "", description: "x " })).toEqual({
      threads: null,
      description: "x",
    });
  });

  it("goes back to the repository's profile with null", () => {
    expect(changesOf(before, { ...before, profile: "own", profileYaml: "x", target: "" })).toEqual({
      profile_yaml: "x",
    });
    const own = formOf(environment("dev", { has_own_profile: true, profile_yaml: "type: duckdb\n" }));
    expect(own.profile).toBe("own");
    expect(changesOf(own, { ...own, profile: "repository" })).toEqual({ profile_yaml: null });
    expect(changesOf(before, { ...before, profile: "own", profileYaml: "type: duckdb" })).toEqual({
      profile_yaml: "type: duckdb",
    });
  });

  it("takes no target of one profile for one of the other", () => {
    const fresh = formOf(null, ["dev", "prod"]);
    expect(chosenProfile(fresh, "own", ["dev"], true)).toEqual({ profile: "own", target: "" });
    expect(chosenProfile(before, "own", ["dev"], false)).toEqual({ profile: "own" });
    expect(chosenProfile({ ...fresh, target: "mine" }, "repository", ["dev"], true).target).toBe("dev");
    expect(chosenProfile({ ...fresh, target: "prod" }, "repository", ["dev", "prod"], true).target).toBe(
      "prod",
    );
  });

  it("knows wrong numbers and keys", () => {
    expect(problemsOf({ ...before, threads: "0", retention: "1.5" }, false)).toEqual({
      threads: "A whole number from 1 to 256, or nothing.",
      retention: "A whole number from 1 to 36500, or nothing.",
    });
    expect(Object.keys(problemsOf({ ...before, key: "a b" }, true))).toEqual(["key"]);
    expect(problemsOf({ ...before, threads: "256", key: "a.b-c_1" }, true)).toEqual({});
  });

  it("is complete with a name and something to connect by", () => {
    const fresh = formOf(null, ["dev"]);
    expect(isComplete(fresh, true)).toBe(false);
    expect(isComplete({ ...fresh, key: "ci" }, true)).toBe(true);
    expect(isComplete({ ...fresh, key: "ci", profile: "own" }, true)).toBe(false);
    expect(isComplete({ ...before, name: " " }, false)).toBe(false);
  });

  it("makes a request with a target in any case", () => {
    const own = { ...formOf(null), key: "pg", profileYaml: "type: postgres" };
    expect(requestOf(own)).toEqual({
      key: "pg",
      name: "pg",
      dbt_target: "pg",
      profile_yaml: "type: postgres",
    });
    const repository = { ...formOf(null, ["prod"]), key: "ci", name: "Checks", threads: "2" };
    expect(requestOf(repository)).toEqual({
      key: "ci",
      name: "Checks",
      dbt_target: "prod",
      profile_yaml: null,
      threads: 2,
    });
  });
});
