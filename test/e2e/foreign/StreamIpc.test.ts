/** Our client and our server with the wire of php-stream-ipc, against PHP programs that do as both its generations do. */
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import * as Handlers from "../../../src/peer/Handlers.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as Schema from "effect/Schema"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import * as StreamIpc from "../../../src/wire/dialect/StreamIpc.ts"
import { reasonOf } from "../../peer/reasons.ts"
import { describeWith, php, run, valuesOf } from "./Interpreters.ts"
import { LogMessage, Note, Progress, Tasks } from "./Tasks.ts"

const asked = Handlers.layerClient(Tasks)({
  Question: ({ question }) => Effect.succeed({ text: `yes, ${question}` })
})

const [, childPath] = php("streamIpc/child.php")

/** A client of the PHP child, and what it is told: each event goes to one queue. */
const child = (
  serializer: "php" | "json",
  args: ReadonlyArray<string> = [],
  options: Partial<ChildProcess.Common> = {}
) =>
  Effect.gen(function* () {
    const wire = StreamIpc.wire({ namespace: "App", serializer })
    const own = [childPath!, serializer === "json" ? "json" : "native", ...args]
    const client = yield* RpcClient.make(Tasks).pipe(
      Effect.provide(asked),
      Effect.provide(ChildProcess.layer({ command: "php", args: own, wire, frames: "stdout+stderr", ...options }))
    )
    const told = yield* Queue.unbounded<Note | Progress | LogMessage>()
    for (const event of [Note, Progress, LogMessage] as const) {
      const each = client.events(event as typeof Note)
      yield* Effect.forkScoped(
        Stream.runForEach(each, (event) => Queue.offer(told, event)),
        { startImmediately: true }
      )
    }
    return { client, told }
  })

for (const serializer of ["php", "json"] as const) {
  describeWith(["php"], `our client and a child of php-stream-ipc, in ${serializer}`, () => {
    it.live("calls, and is asked while it waits", () =>
      Effect.gen(function* () {
        const { client } = yield* child(serializer)
        assert.deepStrictEqual(yield* client.Add({ a: 2, b: 3 }), 5)
        assert.deepStrictEqual(yield* client.Ask({ question: "ok?" }), { text: "you said yes, ok?" })
        const value = [1, -2.5, "žluť 🎉\u2028\0", null, true, { a: { b: [[]] } }, 1e25, 9007199254740991]
        assert.deepStrictEqual(yield* client.Repeat({ value }), { value })
        const many = Array.from({ length: 50 }, (_, n) => n)
        const sums = yield* Effect.forEach(many, (n) => client.Add({ a: n, b: 1 }), { concurrency: "unbounded" })
        assert.deepStrictEqual(
          sums,
          many.map((n) => n + 1)
        )
      })
    )

    it.live("takes events while it waits, and the text between frames of both streams as LogMessage", () =>
      Effect.gen(function* () {
        const { client, told } = yield* child(serializer)
        assert.deepStrictEqual(yield* client.Index({ path: "/src", steps: 3 }), { text: "/src" })
        const progress = yield* Queue.takeN(told, 3)
        assert.deepStrictEqual(
          progress.map((event) => (event as Progress).done),
          [1, 2, 3]
        )
        yield* client.emit(new Note({ text: "hi" }))
        assert.deepStrictEqual((yield* Queue.take(told)) as unknown, new Note({ text: "seen: hi" }))
        assert.deepStrictEqual(yield* client.Warn({ text: "careful" }), { text: "careful" })
        const junk = yield* Queue.takeN(told, 2)
        assert.sameMembers(
          junk.map((event) => `${(event as LogMessage).level}: ${(event as LogMessage).message}`),
          ["junk: careful on stderr\n", "junk: careful on stdout\n"]
        )
      })
    )

    it.live("tells what went wrong: thrown, unanswered, unknown there, too slow", () =>
      Effect.gen(function* () {
        const { client } = yield* child(serializer)
        const thrown = reasonOf(yield* Effect.flip(client.Fail({ why: "no luck" })), "RemoteDefect")
        assert.include(thrown.message, "RuntimeException: no luck")
        reasonOf(yield* Effect.flip(client.Unwanted({})), "UnknownMethod")
        reasonOf(yield* Effect.flip(client.Unknown({}, { timeout: "200 millis" })), "TimedOut")
        reasonOf(yield* Effect.flip(client.Wait({ millis: 150 }, { timeout: "50 millis" })), "TimedOut")
        // The answer that came too late settled nothing.
        assert.deepStrictEqual(yield* client.Add({ a: 1, b: 1 }), 2)
      })
    )

    it.live("reads while it writes, so that large messages both ways do not block one another", () =>
      Effect.gen(function* () {
        const { client } = yield* child(serializer)
        const value = "ž".repeat(128 * 1024)
        const answers = yield* Effect.all(
          Array.from({ length: 8 }, () => client.Repeat({ value })),
          { concurrency: "unbounded" }
        )
        for (const answer of answers) assert.strictEqual(answer.value, value)
      })
    )
  })
}

describeWith(["php"], "our client and the ways of php-stream-ipc", () => {
  it.live("reads frames from the error stream", () =>
    Effect.gen(function* () {
      const { client, told } = yield* child("php", ["serve", "stderr"])
      assert.deepStrictEqual(yield* client.Index({ path: "/src", steps: 1 }), { text: "/src" })
      assert.deepStrictEqual((yield* Queue.take(told)) as unknown, new Progress({ done: 1, total: 1 }))
    })
  )

  it.live("hears all that a child said before it ended, and fails what it did not answer", () =>
    Effect.gen(function* () {
      const { client, told } = yield* child("php")
      const reason = reasonOf(yield* Effect.flip(client.Quit({})), "Disconnected")
      assert.strictEqual(reason.exitCode, 7)
      assert.deepStrictEqual(
        (yield* Queue.take(told)) as unknown,
        new LogMessage({ message: "leaving", level: "success" })
      )
    })
  )

  it.live("takes what a worker tells that never asks, up to its end", () =>
    Effect.gen(function* () {
      const { told } = yield* child("json", ["worker", "3"])
      const said = yield* Queue.takeN(told, 4)
      assert.deepStrictEqual(
        said.map((event) => (event as LogMessage).message),
        ["Step 1/3 complete", "Step 2/3 complete", "Step 3/3 complete", "Task finished"]
      )
    })
  )

  for (const mode of ["serve", "deaf"]) {
    it.live(`ends a child that does not notice the end of its input, at once: ${mode}`, () =>
      Effect.gen(function* () {
        const since = performance.now()
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { client } = yield* child("php", [mode])
            if (mode === "serve") assert.deepStrictEqual(yield* client.Add({ a: 1, b: 1 }), 2)
          })
        )
        assert.isBelow(performance.now() - since, 1500)
      })
    )
  }
})

class Sum extends Request.Class<Sum>()("Add", {
  payload: { a: Schema.Int, b: Schema.Int },
  success: Schema.Int,
  annotations: StreamIpc.annotations({ success: "App\\Sum" })
}) {}
class Misfit extends Request.Class<Misfit>()("Unwanted", { payload: {} }) {}
class OldLog extends Event.Class<OldLog>()("LogMessage", { message: Schema.String, level: Schema.String }) {}

const Old = Protocol.make("old", { version: "1.0.0", server: [Sum, Misfit, Note, OldLog], client: [Note, OldLog] })

describeWith(["php"], "our client and the OLD generation", () => {
  for (const serializer of ["php", "json"] as const) {
    it.live(`speaks in lines: ${serializer}`, () =>
      Effect.gen(function* () {
        const old = php("streamIpc/old.php")[1]!
        const wire = StreamIpc.wire({ namespace: "App", serializer, generation: "old" })
        const options = { command: "php", args: [old, serializer === "json" ? "json" : "native"], wire }
        const client = yield* Effect.provide(RpcClient.make(Old), ChildProcess.layer(options))
        assert.deepStrictEqual(yield* client.Add({ a: 2, b: 3 }), 5)
        const heard = yield* Deferred.make<unknown>()
        yield* Effect.forkScoped(
          Stream.runForEach(client.events(Note), (note) => Deferred.succeed(heard, note)),
          { startImmediately: true }
        )
        yield* client.emit(new Note({ text: "ž/" }))
        assert.deepStrictEqual(yield* Deferred.await(heard), new Note({ text: "seen: ž/" }))
        reasonOf(yield* Effect.flip(client.Unwanted({}, { timeout: "100 millis" })), "TimedOut")
      })
    )
  }
})

const tasks = Path.join(import.meta.dirname, "fixtures", "tasks.ts")
/** By this argument the children of this run are known. */
const mark = `started-by-${process.pid}`

describeWith(["php"], "our child and a parent of php-stream-ipc", () => {
  for (const serializer of ["native", "json"]) {
    it.live(`answers, asks back, tells, fails readably, and is ended: ${serializer}`, () =>
      Effect.gen(function* () {
        const requests = [
          { __class: "App\\Add", a: 2, b: 3 },
          { __class: "App\\Index", path: "/src", steps: 2 },
          { __class: "App\\Ask", question: "ok?" },
          { __class: "App\\Fail", why: "no luck" },
          { __class: "App\\Fail", why: "die" },
          { __class: "StreamIpc\\Message\\LogMessage", message: "Ping!", level: "info" },
          { __class: "App\\Repeat", value: [1, 2.5, { a: null, z: "ž/\u2028" }, []] },
          { notify: { __class: "App\\Note", text: "hi" } },
          { tick: 0.2 }
        ]
        const parent = yield* run(php("streamIpc/parent.php"), [
          serializer,
          JSON.stringify(requests),
          process.execPath,
          tasks,
          serializer,
          mark
        ])
        assert.strictEqual(yield* parent.ended, 0, parent.stderr())
        const said = valuesOf(parent.stdout()).filter(({ message }) => message?.level !== "junk")
        const failures = said.filter(({ kind }) => kind === "failure").map(({ text }) => text)
        assert.deepStrictEqual(
          said.flatMap(({ kind, message }) => (message === undefined ? [] : [[kind, message]])),
          [
            ["answer", { __class: "App\\Sum", value: 5 }],
            ["message", { __class: "App\\Progress", done: 1, total: 2 }],
            ["message", { __class: "App\\Progress", done: 2, total: 2 }],
            ["answer", { __class: "App\\Done", text: "/src" }],
            ["answer", { __class: "App\\Done", text: "you said yes, ok?" }],
            ["answer", { __class: "App\\Repeat", value: [1, 2.5, { a: null, z: "ž/\u2028" }, []] }],
            ["message", { __class: "App\\Note", text: "seen: hi" }],
            ["message", { __class: "StreamIpc\\Message\\LogMessage", message: "hi", level: "heard" }]
          ]
        )
        assert.match(failures[0], /^Unlucky\neffect-ipc:\{.*no luck.*\}$/)
        assert.match(failures[1], /^Error in dispatch/)
        assert.match(failures[2], /^Unhandled request: StreamIpc\\Message\\LogMessage/)
        assert.strictEqual(failures.length, 3)
        assert.strictEqual(said.at(-1).kind, "end")
      })
    )
  }

  it("leaves no child behind", () => {
    const running = Fs.readdirSync("/proc").filter((pid) => {
      try {
        return Fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark)
      } catch {
        return false
      }
    })
    assert.deepStrictEqual(running, [])
  })
})
