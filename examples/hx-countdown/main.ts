/**
 * Runs the two programs in a directory of their own, twice: the server is first, then the client is.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Schedule } from "effect"
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { promisify } from "node:util"

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "hx-countdown-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

/** Runs a program to its end, and answers what it printed. */
const run = (name: string, argument: string, cwd: string) =>
  Effect.tryPromise((signal) =>
    promisify(execFile)(process.execPath, [`${import.meta.dirname}/${name}.ts`, argument], { cwd, signal })
  ).pipe(Effect.map(({ stdout }) => stdout.trimEnd().replaceAll(/^/gm, `  ${name}: `)))

/** Each program, and its argument. */
const programs: ReadonlyArray<readonly [name: string, argument: string]> = [
  ["server", "50"],
  ["client", "3"]
]

const countdown = (first: 0 | 1) =>
  Effect.gen(function* () {
    const cwd = yield* directory
    const [early, late] = [programs[first]!, programs[1 - first]!]
    yield* Console.log(`the ${early[0]} comes first`)

    // Whoever comes first makes the FIFOs; the other starts once they are there.
    const opened = Effect.sync(() => Fs.existsSync(Path.join(cwd, "a")) && Fs.existsSync(Path.join(cwd, "b"))).pipe(
      Effect.repeat({ schedule: Schedule.spaced("20 millis"), until: (isThere) => isThere })
    )
    const printed = yield* Effect.all([run(...early, cwd), Effect.andThen(opened, run(...late, cwd))], {
      concurrency: 2
    })
    for (const text of first === 0 ? printed : printed.toReversed()) yield* Console.log(text)
    yield* Console.log(`  left behind: ${Fs.readdirSync(cwd).join(", ") || "nothing"}`)
  }).pipe(Effect.scoped)

NodeRuntime.runMain(Effect.andThen(countdown(0), countdown(1)))
