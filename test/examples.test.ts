/**
 * Runs every example as a user would, and compares what it prints with its `expected.txt`.
 */
import { assert, it } from "@effect/vitest"
import * as Example from "../examples/Example.ts"

it.each(Example.names)("the example %s prints what it should", { timeout: 20_000 }, async (name) => {
  const { fault } = await Example.run(name, { update: false })
  assert.isUndefined(fault, `\n${fault}\n`)
})
