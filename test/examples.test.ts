/**
 * Runs every example as a user would, and compares what it prints with its `expected.txt`.
 */
import { assert, it } from "@effect/vitest"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Example from "../examples/Example.ts"

it.each(Example.names)("the example %s prints what it should", { timeout: 40_000 }, async (name) => {
  const { fault } = await Example.run(name, { update: false })
  assert.isUndefined(fault, `\n${fault}\n`)
})

it("every example has a README, and a row in the table of all", () => {
  const examples = Path.resolve(import.meta.dirname, "..", "examples")
  const table = Fs.readFileSync(Path.join(examples, "README.md"), "utf8")
  const listed = Array.from(table.matchAll(/^\| \[([\w-]+)\]\(\1\) \|/gm), ([, name]) => name)
  assert.sameMembers(listed, [...Example.names])
  for (const name of Example.names) assert.isTrue(Fs.existsSync(Path.join(examples, name, "README.md")), name)
})
