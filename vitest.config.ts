import * as Os from "node:os"
import { defineConfig } from "vitest/config"
import LongestFirst from "./scripts/LongestFirst.ts"

/** Rooms without processes and sockets: their tests share nothing but what they import. */
const inner = ["wire", "session", "protocol", "peer", "foreign", "transport", "testing"].map(
  (room) => `test/${room}/**/*.test.ts`
)

export default defineConfig({
  test: {
    globalSetup: ["./vitest.global.ts"],
    setupFiles: ["./vitest.setup.ts"],
    // Many tests wait for a process or a socket, so there is work for one worker more than there are cores.
    maxWorkers: Os.availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    reporters: ["default", "./scripts/TallyReporter.ts"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      // A worker for each file would spend more time on imports than on tests.
      { extends: true, test: { name: "inner", include: inner, isolate: false } },
      { extends: true, test: { name: "outer", include: ["test/**/*.test.ts"], exclude: inner } }
    ]
  }
})
