import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    globalSetup: ["test/fixtures/page.ts", "test/fixtures/postgresServer.ts"],
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    minWorkers: 1
  }
})
