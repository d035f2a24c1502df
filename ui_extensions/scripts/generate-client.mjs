// Writes src/api/schema.d.ts from src/api/openapi.json. With --check it writes nothing and fails when the two disagree.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";

const source = new URL("../src/api/openapi.json", import.meta.url);
const target = new URL("../src/api/schema.d.ts", import.meta.url);

// What has a default may be left out of a request.
const options = { alphabetize: true, defaultNonNullable: false };
const generated = COMMENT_HEADER + astToString(await openapiTS(source, options));

if (!process.argv.includes("--check")) {
  await writeFile(target, generated);
  console.log("src/api/schema.d.ts written");
} else if ((await readFile(target, "utf8").catch(() => "")) !== generated) {
  console.error("src/api/schema.d.ts is stale: run `npm run generate` and commit the result.");
  process.exit(1);
} else {
  console.log("src/api/schema.d.ts is up to date");
}
