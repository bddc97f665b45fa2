import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { execFileSync } from "node:child_process"
import * as Path from "node:path"
import { pathToFileURL } from "node:url"
import * as Worker from "../../../src/node/Worker.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import { Transport } from "../../../src/transport/Transport.ts"
import { TransportError } from "../../../src/transport/TransportError.ts"
import { record } from "../../transport/suite.ts"

const script = Path.join(import.meta.dirname, "fixtures", "threads.ts")
const little = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 4 }
const ask = new TextEncoder().encode("ask")

const open = (options: Partial<Worker.Options>) =>
  Effect.flatMap(Transport, (transport) => transport.open).pipe(Effect.provide(Worker.layer({ script, ...options })))

/** Opens a link to a thread that does this, asks it, and waits for the end. */
const asked = (workerData: string, options?: Partial<Worker.Options>) =>
  Effect.gen(function* () {
    const link = yield* open({ workerData, stderr: "drain", ...options })
    const recorder = record(link)
    link.offer(ask)
    yield* recorder.until(() => recorder.ends.length > 0)
    return { link, recorder, end: recorder.ends[0]! }
  })

/** Fails to open, and answers why. */
const refused = (options: Partial<Worker.Options>) =>
  Effect.map(Effect.flip(Effect.scoped(open({ stderr: "drain", ...options }))), (error) => {
    assert.instanceOf(error, TransportError)
    assert.strictEqual(error.stage, "open")
    return error
  })

describe.concurrent("a worker thread", () => {
  it.live.each<readonly [string, Partial<Worker.Options>, RegExp]>([
    ["is missing", { script: "/nowhere/worker.ts" }, /^there is no file \/nowhere\/worker\.ts; check the path$/],
    ["is missing, as a URL", { script: new URL("file:///nowhere/w.ts") }, /^there is no file \/nowhere\/w\.ts/],
    ["is a bare name", { script: "worker.ts" }, /^worker\.ts is no absolute path and does not begin with \.\//],
    [
      "is of another machine",
      { script: new URL("file://there/w.ts") },
      /^Node did not take the options: File URL host/
    ],
    ["is on the web", { script: new URL("https://example.org/w.js") }, /^https:\/\/example\.org\/w\.js cannot be run/],
    [
      "throws while it is loaded",
      { workerData: "throws early" },
      /threw before it listened: Error: cannot be loaded\n/
    ],
    ["throws no error", { workerData: "throws what is no error" }, /threw before it listened: a string$/],
    ["exits while it is loaded", { workerData: "exits early" }, /^the script exited with code 3 before it listened/],
    ["just ends", { workerData: "no such case" }, /^the script exited with code 0 before it listened; does it run on/],
    [
      "runs out of memory while it is loaded",
      { workerData: "fills early", resourceLimits: little, openTimeout: "1 minute" },
      /^it ran out of memory before it listened; raise its resourceLimits$/
    ],
    ["does not listen", { workerData: "is silent", openTimeout: "1 second" }, /^the script did not listen within 1s;/],
    ["gets data that cannot be copied", { workerData: () => {} }, /^workerData cannot be copied: .*; give data/],
    [
      "gets options of a process",
      { execArgv: ["--max-old-space-size=9"] },
      /^execArgv has options that a thread cannot/
    ],
    ["gets a name that is none", { name: 3 as never }, /^Node did not take the options: /]
  ])("whose script %s cannot be opened, with the reason", ([, options, detail]) =>
    Effect.gen(function* () {
      assert.match((yield* refused(options)).detail, detail)
    })
  )

  it.live("may take for ever to listen when it is told so", () =>
    Effect.gen(function* () {
      const link = yield* open({ workerData: "answers", openTimeout: Duration.infinity })
      assert.include(link.address, "threads.ts (thread")
    })
  )

  it.live("that throws ends its link with what was thrown, after its last bytes", () =>
    Effect.gen(function* () {
      const { end, recorder } = yield* asked("throws")
      assert.strictEqual(recorder.bytes, 300_000)
      if (end._tag !== "Exited") return assert.fail(end._tag)
      assert.deepStrictEqual([end.what, end.exitCode, end.signal], ["worker thread", 1, undefined])
      assert.match(end.stderrTail, /^sorry\n+TypeError: kaboom\n +at .*threads\.ts:\d+/)
    })
  )

  it.live("that calls process.exit ends its link with its code and stderr, after its last bytes", () =>
    Effect.gen(function* () {
      const { end, recorder } = yield* asked("exits")
      assert.strictEqual(recorder.bytes, 300_000)
      if (end._tag !== "Exited") return assert.fail(end._tag)
      assert.deepStrictEqual([end.exitCode, end.stderrTail.trim()], [3, "leaving"])
    })
  )

  it.live("that runs out of memory ends its link and nothing else", () =>
    Effect.gen(function* () {
      const { end } = yield* asked("fills", { resourceLimits: little })
      if (end._tag !== "Exited") return assert.fail(end._tag)
      assert.strictEqual(end.exitCode, 1)
      assert.match(end.stderrTail, /ERR_WORKER_OUT_OF_MEMORY/)
    })
  )

  it.live("that leaves and lives on ends its link with Ended, and is terminated with the scope", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { end } = yield* Scope.provide(asked("leaves and lives", { shutdown: { endInputFor: "50 millis" } }), scope)
      assert.deepStrictEqual(end, { _tag: "Ended" })
      yield* Scope.close(scope, Exit.void)
    })
  )

  it.live("that is stuck is terminated when its link is closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const link = yield* Scope.provide(open({ workerData: "spins", shutdown: { endInputFor: "50 millis" } }), scope)
      const recorder = record(link)
      link.offer(ask)
      yield* Effect.sleep(20)
      const startedAt = performance.now()
      yield* Scope.close(scope, Exit.void)
      assert.isBelow(performance.now() - startedAt, 1000)
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Closed" }])
    })
  )

  it.live("may post messages of its own, which are reported", () =>
    Effect.gen(function* () {
      const link = yield* open({ workerData: "posts others" })
      const foreign = yield* Deferred.make<string>()
      const answered = yield* Deferred.make<void>()
      link.start({
        bytes: () => Deferred.doneUnsafe(answered, Effect.void),
        drained: () => {},
        end: () => {},
        foreign: (detail) => Deferred.doneUnsafe(foreign, Effect.succeed(detail))
      })
      link.offer(ask)
      assert.match(yield* Deferred.await(foreign), /none of this link's came on its port: \{ none: 'of yours' \}$/)
      yield* Deferred.await(answered)
    })
  )

  it.live("gets its environment and arguments, and is named in its address", () =>
    Effect.gen(function* () {
      process.env.LINK_TEST = "outer"
      const env = { OWN: "1", LINK_TEST: undefined }
      const link = yield* open({ workerData: "answers", env, args: ["a", "b"], name: "answerer" })
      const recorder = record(link)
      link.offer(ask)
      yield* recorder.until(() => recorder.bytes > 0)
      assert.strictEqual(Buffer.concat(recorder.chunks).toString(), "ask 1 undefined a,b")
      assert.match(link.address, /^worker:answerer \(thread \d+\)$/)
    })
  )

  it.live("that is gone fails the calls that wait for it, with what it threw", () =>
    Effect.gen(function* () {
      class Ask extends Request.Class<Ask>()("Ask", { success: Schema.String }) {}
      const protocol = Protocol.make("asked", { version: "1.0.0", server: [Ask] })
      const client = yield* Effect.provide(
        RpcClient.make(protocol),
        Worker.layer({ script, workerData: "throws at once" })
      )
      const error = yield* Effect.flip(client.Ask({}))
      const { reason } = error
      if (reason._tag !== "Disconnected") return assert.fail(reason._tag)
      assert.strictEqual(reason.detail, "the worker thread exited with code 1")
      assert.match(reason.stderrTail!, /TypeError: kaboom/)
    })
  )
})

const url = (path: string): string => pathToFileURL(Path.resolve(import.meta.dirname, "../../..", path)).href

describe("a process", () => {
  it("ends when its links to threads and ports are closed or given up, and has no handle of them left", () => {
    const source = `
      const Effect = await import("effect/Effect")
      const Worker = await import(${JSON.stringify(url("src/node/Worker.ts"))})
      const MessagePort = await import(${JSON.stringify(url("src/node/MessagePort.ts"))})
      const { Transport } = await import(${JSON.stringify(url("src/transport/Transport.ts"))})
      const { MessageChannel } = await import("node:worker_threads")
      const before = process.getActiveResourcesInfo().sort()
      const worker = (workerData, openTimeout) => Effect.flatMap(Transport, (transport) => transport.open).pipe(
        Effect.provide(Worker.layer({
          script: ${JSON.stringify(script)}, workerData, openTimeout, execArgv: [], stderr: "drain", shutdown: { endInputFor: "50 millis" }
        })))
      const settled = []
      const run = async (effect) => settled.push((await Effect.runPromiseExit(Effect.scoped(effect)))._tag)
      for (let time = 0; time < 3; time++) {
        const { port1, port2 } = new MessageChannel()
        await run(Effect.all([worker("answers"), MessagePort.fromPort(port1), MessagePort.fromPort(port2)]))
      }
      await run(worker("leaves and lives"))
      await run(worker("throws early"))
      await run(worker("is silent", "300 millis"))
      await run(Effect.timeout(worker("is silent"), "300 millis"))
      await new Promise((resume) => setTimeout(resume, 20))
      console.log(JSON.stringify([settled, before, process.getActiveResourcesInfo().sort()]))`
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", source], {
      encoding: "utf8",
      timeout: 20_000
    })
    const [settled, before, after] = JSON.parse(output)
    assert.deepStrictEqual(settled, ["Success", "Success", "Success", "Success", "Failure", "Failure", "Failure"])
    assert.deepStrictEqual(after, before)
  })
})
