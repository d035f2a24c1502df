// Checks what Biome cannot: the direction of imports, file length, and that colours come from the tokens.
//   routes -> features -> api, components/ui, lib;  a feature never imports another feature.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const src = fileURLToPath(new URL("../src", import.meta.url));
const MAX_LINES = 400;
const MAY_IMPORT = {
  lib: ["lib"],
  api: ["api", "lib"],
  components: ["components", "lib"],
  features: ["features", "api", "components", "lib"],
  routes: ["routes", "features", "api", "components", "lib"],
};
const COLOUR = /#[0-9a-fA-F]{3,8}\b(?=["'\s;)])|\b(?:rgba?|hsla?|oklch|oklab)\(/;

const files = (await readdir(src, { recursive: true })).filter((file) => /\.(tsx?|css)$/.test(file));
const problems = [];

for (const file of files) {
  const room = file.split("/")[0];
  const text = await readFile(join(src, file), "utf8");
  const isTest = file.startsWith("test/") || /\.test\.tsx?$/.test(file);
  if (file !== "api/schema.d.ts") checkLength(file, text);
  if (!isTest && file.endsWith(".tsx")) checkColours(file, text);
  if (!isTest && MAY_IMPORT[room]) checkImports(file, room, text);
}

function checkLength(file, text) {
  const lines = text.split("\n").length;
  if (lines > MAX_LINES) problems.push(`${file}: ${lines} lines, at most ${MAX_LINES}`);
}

function checkColours(file, text) {
  for (const [index, line] of text.split("\n").entries()) {
    if (COLOUR.test(line))
      problems.push(`${file}:${index + 1}: a colour literal; use a token of styles/tokens.css`);
  }
}

function checkImports(file, room, text) {
  for (const [, target] of text.matchAll(/(?:from|import\()\s*"@\/([^"]+)"/g)) {
    const [targetRoom, domain] = target.split("/");
    if (!MAY_IMPORT[room].includes(targetRoom)) problems.push(`${file}: ${room} may not import ${target}`);
    const foreign = room === "features" && targetRoom === "features" && domain !== file.split("/")[1];
    if (foreign) problems.push(`${file}: a feature may not import another feature (${target})`);
  }
  if (/from "\.\.\//.test(text)) problems.push(`${file}: import across folders with @/, not ../`);
}

if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log(`${files.length} files keep to their rooms`);
