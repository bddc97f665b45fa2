import { describe } from "@effect/vitest"
import { suite } from "../../transport/suite.ts"
import { childFd3, childSecond, childStdio } from "../../transport/subjects.ts"

// Each test waits for a process of its own.
describe.concurrent("children", () => {
  for (const subject of [childStdio, childFd3, childSecond]) suite(subject)
})
