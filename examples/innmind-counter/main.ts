/**
 * Starts a client that waits, then the server, then two more clients: three messages, after which the server ends.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { execFile } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { promisify } from "node:util"

const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "counter-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
)

/** Runs a program to its end, and answers what it printed. */
const run = (name: string, args: ReadonlyArray<string>, IPC_DIRECTORY: string) =>
  Effect.tryPromise((signal) =>
    promisify(execFile)(process.execPath, [`${import.meta.dirname}/${name}.ts`, ...args], {
      env: { ...process.env, IPC_DIRECTORY },
      signal
    })
  ).pipe(Effect.map(({ stdout }) => stdout.trimEnd()))

const program = Effect.gen(function* () {
  const sockets = yield* directory
  const client = run("client", [], sockets)
  const programs = [client, run("server", ["3"], sockets), client, client]
  const [first, server, ...others] = yield* Effect.all(programs, { concurrency: "unbounded" })
  for (const text of [first, ...others, server]) yield* Console.log(text)
  yield* Console.log(`left behind: ${Fs.readdirSync(sockets).join(", ") || "nothing"}`)
})

NodeRuntime.runMain(Effect.scoped(program))
