import { resolve } from "node:path"
import { defineConfig } from "vitest/config"

export default defineConfig({
  // Examples import the package by its name, as its users do; `paths` of tsconfig.json says the same to tsc and tsx.
  resolve: { alias: [{ find: /^workflow-infra$/, replacement: resolve(import.meta.dirname, "../src/index.ts") }] },
  test: {
    globalSetup: ["test/fixtures/page.ts", "test/fixtures/postgresServer.ts"],
    include: ["test/**/*.test.ts", "examples/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 3,
    minWorkers: 1
  }
})
