import { describe } from "@effect/vitest"
import { suite } from "../../transport/suite.ts"
import { portAcceptor, portDialler, worker } from "../../transport/subjects.ts"

for (const subject of [portDialler, portAcceptor]) suite(subject)

// Each test waits for a thread of its own.
describe.concurrent("workers", () => {
  suite(worker)
})
