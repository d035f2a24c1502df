import { describe, expect, it } from "vitest";
import { ApiError } from "@/api/errors";
import { pushCommand } from "./artifacts-page";
import { hindranceOf, isKnown, uploadUrl, withFiles } from "./upload";
import { reasonsOf } from "./upload-panel";

const file = (name: string, text = "{}") => new File([text], name);

describe("files to upload", () => {
  it("knows dbt's artifacts and archives", () =>
    expect(["manifest.json", "target.tar.gz", "x.zip", "notes.txt"].map(isKnown)).toEqual([
      true,
      true,
      true,
      false,
    ]));
  it("takes the last of one name", () => {
    const again = file("a.json", "{1}");
    expect(withFiles([file("a.json"), file("b.json")], [again])).toEqual([again, expect.any(File)]);
  });
  it.each([
    ["nothing against it", [file("manifest.json"), file("catalog.json")], null],
    ["two archives", [file("a.zip"), file("b.tar")], /One archive/],
    ["an archive and a file", [file("a.zip"), file("manifest.json")], /Either an archive/],
    ["an empty file", [file("manifest.json", "")], /manifest.json is empty/],
  ])("with %s", (_, files, hindrance) => {
    const found = hindranceOf(files);
    if (hindrance === null) expect(found).toBeNull();
    else expect(found).toMatch(hindrance);
  });
  it("finds what is said of each file", () => {
    const error = new ApiError({
      code: "malformed_artifact",
      message: "no",
      details: [
        { field: "catalog.json", message: "is cut off" },
        { field: "target/manifest.json", message: "is empty" },
      ],
    });
    expect(reasonsOf(error, "catalog.json")).toEqual(["is cut off"]);
    expect(reasonsOf(error, "manifest.json")).toEqual(["is empty"]);
    expect(reasonsOf(error, "sources.json")).toEqual([]);
  });
});

describe("addresses and commands", () => {
  it("name the environment only where there is one", () => {
    expect(uploadUrl("a b", "", "")).toBe("/api/workspaces/a%20b/artifacts");
    expect(uploadUrl("shop", "prod", "abc")).toBe(
      "/api/workspaces/shop/artifacts?environment=prod&label=abc",
    );
    expect(pushCommand("https://w.example", "shop", "")).toBe(
      "workbench artifacts push --url https://w.example --workspace shop target/",
    );
    expect(pushCommand("https://w.example", "shop", "prod")).toContain("--environment prod");
  });
});
