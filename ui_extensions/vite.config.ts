import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const api = process.env["WORKBENCH_API"] ?? "http://127.0.0.1:8580";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: {
    port: 8590,
    proxy: Object.fromEntries(
      ["/api", "/auth", "/health", "/config", "/dagster", "/docs", "/redoc", "/openapi.json"].map((path) => [
        path,
        { target: api, ws: true },
      ]),
    ),
  },
  build: { outDir: "dist", assetsDir: "assets", target: "es2023", modulePreload: { polyfill: false } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    // One page environment for all files: every test resets what it touched (src/test/setup.ts), at a third of the time.
    isolate: false,
    restoreMocks: true,
    testTimeout: 15_000,
  },
});
