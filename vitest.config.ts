import * as Os from "node:os"
import { defineConfig } from "vitest/config"
import LongestFirst from "./scripts/LongestFirst.ts"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["./vitest.global.ts"],
    setupFiles: ["./vitest.setup.ts"],
    // Many tests wait for a process or a socket, so there is work for one worker more than there are cores.
    maxWorkers: Os.availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "./scripts/TallyReporter.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000
  }
})
