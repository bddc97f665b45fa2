/**
 * Runs every example and compares what it prints. `npm run examples`, or `node examples/run.ts [--update] [name ...]`.
 *
 * As many run at a time as there are processors. Prints a line per example and `N passed, M failed` at the end; exits with 1
 * when one failed. `--update` writes down what they print now.
 */
import * as Os from "node:os"
import * as Example from "./Example.ts"

const args = process.argv.slice(2)
const update = args.includes("--update")
const asked = args.filter((arg) => arg !== "--update")
const unknown = asked.filter((name) => !Example.names.includes(name))
if (unknown.length > 0) {
  console.error(`no example is called ${unknown.join(" or ")}; there are: ${Example.names.join(", ")}`)
  process.exit(1)
}

const chosen = asked.length === 0 ? Example.names : asked
const waiting = [...chosen]
let failed = 0

const runTheNext = async (): Promise<void> => {
  const name = waiting.shift()
  if (name === undefined) return
  const { fault, seconds } = await Example.run(name, { update })
  console.log(`${fault === undefined ? "  ok    " : "  FAILED"}  ${name} (${seconds.toFixed(1)} s)`)
  if (fault !== undefined) {
    failed++
    console.log(fault.replaceAll(/^/gm, "          "))
  }
  return runTheNext()
}

await Promise.all(Array.from({ length: Os.availableParallelism() }, runTheNext))
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
