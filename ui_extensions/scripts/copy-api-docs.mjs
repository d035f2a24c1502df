// Puts the viewers of the API's document (/docs, /redoc) beside the built app, so that they work with no internet.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const packages = new URL("../node_modules/", import.meta.url);
const target = new URL("../dist/assets/apidocs/", import.meta.url);
const files = [
  "swagger-ui-dist/swagger-ui-bundle.js",
  "swagger-ui-dist/swagger-ui.css",
  "redoc/bundles/redoc.standalone.js",
];

/** The one thing that a viewer asks of somebody else's server; the page may not, and it would tell them who reads. */
const LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg";
const NOTHING = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";

await mkdir(target, { recursive: true });
for (const file of files) await copyFile(new URL(file, packages), new URL(file.split("/").at(-1), target));
const redoc = new URL("redoc.standalone.js", target);
const written = await readFile(redoc, "utf8");
if (!written.includes(LOGO)) throw new Error(`redoc no longer holds ${LOGO}: see what it asks for now.`);
await writeFile(redoc, written.replaceAll(LOGO, NOTHING));
console.log(`${files.length} files in ${fileURLToPath(target)}`);
