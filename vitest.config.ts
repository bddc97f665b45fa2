import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["./vitest.global.ts"],
    setupFiles: ["./vitest.setup.ts"],
    reporters: ["default", "./scripts/TallyReporter.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000
  }
})
