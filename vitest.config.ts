import { defineConfig } from "vitest/config"
import LongestFirst from "./scripts/LongestFirst.ts"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["./vitest.global.ts"],
    setupFiles: ["./vitest.setup.ts"],
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "./scripts/TallyReporter.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000
  }
})
