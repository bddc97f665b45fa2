/**
 * Runs the two programs in a directory of their own, and prints what they printed.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { promisify } from "node:util"

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "countdown-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

/** Runs a program to its end, and answers the lines it printed. */
const linesOf = (name: string, cwd: string) =>
  Effect.map(
    Effect.tryPromise(() => promisify(execFile)(process.execPath, [`${import.meta.dirname}/${name}.ts`], { cwd })),
    ({ stdout }) => stdout.trimEnd().split("\n")
  )

const program = Effect.gen(function* () {
  const cwd = yield* directory
  const names = ["server", "client"]
  const printed = yield* Effect.forEach(names, (name) => linesOf(name, cwd), { concurrency: "unbounded" })
  for (const [index, name] of names.entries()) {
    for (const line of printed[index]!) yield* Console.log(`${name}: ${line}`)
  }
  yield* Console.log(`left behind: ${Fs.readdirSync(cwd).join(", ") || "nothing"}`)
})

NodeRuntime.runMain(Effect.scoped(program))
