/** Our sessions below requests, against PHP programs that do as both generations of php-stream-ipc do. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Path from "node:path"
import * as Php from "../../../src/foreign/streamIpc/Php.ts"
import * as PhpClass from "../../../src/foreign/streamIpc/PhpClass.ts"
import * as StreamIpcMessage from "../../../src/foreign/streamIpc/StreamIpcMessage.ts"
import * as StreamIpcSession from "../../../src/foreign/streamIpc/StreamIpcSession.ts"
import * as StreamIpcSessions from "../../../src/foreign/streamIpc/StreamIpcSessions.ts"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import { IpcError } from "../../../src/peer/IpcError.ts"
import { describeWith, php, run, valuesOf } from "./Interpreters.ts"

class Add extends Schema.Class<Add>("Add")({ a: Schema.Int, b: Schema.Int }) {}
class Sum extends Schema.Class<Sum>("Sum")({ value: Schema.Int }) {}
const classes = [PhpClass.make<Add | Sum>("App\\Add", Add), PhpClass.make<Add | Sum>("App\\Sum", Sum)]

const { levelOf, log, textOf } = StreamIpcMessage

/** The program never notices the end of its input, so it is ended without waiting for that. */
const program = (path: string, args: ReadonlyArray<string>) =>
  ChildProcess.layer({
    command: "php",
    args: [...php(path).slice(1), ...args],
    frames: "stdout+stderr",
    shutdown: { endInputFor: 0 }
  })

const child = <A = never>(options: StreamIpcSession.Options<A> = {}, args: ReadonlyArray<string> = ["native"]) =>
  Effect.provide(StreamIpcSession.make({ timeout: "10 seconds", ...options }), program("streamIpc/child.php", args))

const app = (name: string, properties: Readonly<Record<string, unknown>> = {}) => Php.object(`App\\${name}`, properties)

describeWith(["php"], "a session with a child of php-stream-ipc", () => {
  for (const [serializer, name] of [
    ["php", "native"],
    ["json", "json"]
  ] as const) {
    it.live(
      `53 ProcessSessionEcho, 54 CommandSessionJsonSerializer, 57, 63: asks, is asked, hears progress, junk and undecodable payloads: ${name}`,
      () =>
        Effect.gen(function* () {
          const session = yield* child({ serializer, classes }, [name])
          yield* session.onRequest((request) =>
            Effect.succeed(
              request instanceof Add || request instanceof Sum
                ? undefined
                : app("Answer", { text: `yes, ${String(request.get("question"))}` })
            )
          )
          const heard: Array<unknown> = []
          yield* session.onMessage((message) => Effect.sync(() => heard.push(message)))
          assert.deepStrictEqual(yield* session.request(new Add({ a: 2, b: 3 })), new Sum({ value: 5 }))
          assert.strictEqual(textOf(yield* session.request(log("Ping!"))), "Pong!")
          assert.deepStrictEqual(
            yield* session.request(app("Ask", { question: "ok?" })),
            app("Done", { text: "you said yes, ok?" })
          )
          yield* session.request(app("Index", { path: "/src", steps: 2 }))
          assert.deepStrictEqual(heard.splice(0), [
            app("Progress", { done: 1, total: 2 }),
            app("Progress", { done: 2, total: 2 })
          ])
          yield* session.request(app("Warn", { text: "careful" }))
          // There is no order between the two streams.
          yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => heard.length >= 2 })
          const junk = heard.splice(0)
          assert.isTrue(junk.every((message) => levelOf(message) === "junk"))
          assert.deepStrictEqual(junk.map(textOf).sort(), ["careful on stderr\n", "careful on stdout\n"])
          const failed = yield* Effect.flip(session.request(app("Fail", { why: "no luck" })))
          assert.match(failed.message, /Error in dispatch\nRuntimeException: no luck\n#0/)
          const unwanted = yield* Effect.flip(session.request(app("Unwanted")))
          assert.include(unwanted.message, "Unhandled request: App\\Unwanted")
          const many = yield* Effect.forEach(
            Array.from({ length: 50 }, (_, n) => n),
            (n) => session.request(new Add({ a: n, b: 1 })),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(many[49], new Sum({ value: 50 }))
        })
    )
  }

  it.live("55 MultiStreamSessionEcho: finds its frames on stderr", () =>
    Effect.gen(function* () {
      const session = yield* child({}, ["native", "serve", "stderr"])
      assert.strictEqual(textOf(yield* session.request(log("Ping!"))), "Pong!")
    })
  )

  it.live("56 ProcessSessionNotification: hears all that a worker says up to its end, and ends with it", () =>
    Effect.gen(function* () {
      const session = yield* child({ serializer: "json" }, ["json", "worker", "3"])
      const heard = yield* Stream.runCollect(Stream.map(session.messages, textOf))
      assert.deepStrictEqual(heard, ["Step 1/3 complete", "Step 2/3 complete", "Step 3/3 complete", "Task finished"])
      yield* session.finished
    })
  )

  it.live("tells the exit code of a child that leaves in the middle of a request, after its last words", () =>
    Effect.gen(function* () {
      const session = yield* child()
      const words: Array<unknown> = []
      yield* session.onMessage((message) => Effect.sync(() => words.push(textOf(message))))
      const error = yield* Effect.flip(session.request(app("Quit")))
      assert.instanceOf(error, IpcError)
      assert.deepInclude(error.reason, { _tag: "Disconnected", exitCode: 7 })
      yield* Effect.ignore(session.finished)
      assert.deepStrictEqual(words, ["leaving"])
    })
  )

  it.live("times out by its own clock, and goes on", () =>
    Effect.gen(function* () {
      const session = yield* child()
      const error = yield* Effect.flip(session.request(app("Wait", { millis: 200 }), { timeout: "50 millis" }))
      assert.deepInclude((error as IpcError).reason, { _tag: "TimedOut", afterMillis: 50 })
      assert.strictEqual(textOf(yield* session.request(log("Ping!"))), "Pong!")
      assert.strictEqual((yield* session.counts).unmatched, 1)
    })
  )

  it.live("ends a child that does not notice the end of its input", () =>
    Effect.gen(function* () {
      const since = performance.now()
      yield* Effect.scoped(Effect.flatMap(child(), (session) => session.request(log("Ping!"))))
      assert.isBelow(performance.now() - since, 1500)
    })
  )

  it.live("60 MultiProcessNotification: is one of many that are driven at once", () =>
    Effect.gen(function* () {
      const workers = yield* StreamIpcSessions.make({ timeout: "10 seconds" })
      yield* Effect.replicateEffect(Effect.provide(workers.open, program("streamIpc/child.php", ["native"])), 3, {
        concurrency: "unbounded"
      })
      const sessions = yield* workers.sessions
      const echoes = yield* Effect.forEach(
        sessions,
        (session) => Effect.forkChild(Stream.runCollect(Stream.take(session.messages, 1))),
        {}
      )
      const texts = yield* Effect.forEach(
        sessions,
        (session, n) => session.request(app("Index", { path: `/${n}`, steps: 0 })),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        texts,
        [0, 1, 2].map((n) => app("Done", { text: `/${n}` }))
      )
      assert.strictEqual(yield* workers.broadcast(app("Note", { text: "all" })), 3)
      const seen = (yield* Effect.forEach(echoes, Fiber.join)).flat()
      assert.deepStrictEqual(seen, Array(3).fill(app("Note", { text: "seen: all" })))
    })
  )

  for (const [serializer, name] of [
    ["php", "native"],
    ["json", "json"]
  ] as const) {
    it.live(`speaks the old generation: ${name}`, () =>
      Effect.gen(function* () {
        const session = yield* Effect.provide(
          StreamIpcSession.make({ generation: "old", serializer, timeout: "10 seconds" }),
          program("streamIpc/old.php", [name])
        )
        assert.deepStrictEqual(yield* session.request(app("Add", { a: 1, b: 2 })), app("Sum", { value: 3 }))
        assert.strictEqual(textOf(yield* session.request(log("žluť/"))), "žLUť/")
        yield* session.notify(app("Note", { text: "hi" }))
        const [note] = yield* Stream.runCollect(Stream.take(session.messages, 1))
        assert.deepStrictEqual(note, app("Note", { text: "seen: hi" }))
        const unwanted = yield* Effect.flip(session.request(app("Unwanted"), { timeout: "100 millis" }))
        assert.deepInclude((unwanted as IpcError).reason, { _tag: "TimedOut" })
      })
    )
  }
})

describeWith(["php"], "a session with a parent of php-stream-ipc", () => {
  it.live("42 CreateStdioSession: answers it, asks back, notifies and fails readably", () =>
    Effect.gen(function* () {
      const requests = [
        { __class: "App\\Index", path: "/src", steps: 1 },
        { __class: "App\\Ask", question: "ok?" },
        { __class: "App\\Fail", why: "no luck" },
        { __class: "App\\Unwanted" },
        { notify: { __class: "App\\Note", text: "hi" } },
        { tick: 0.2 }
      ]
      const talk = Path.join(import.meta.dirname, "fixtures", "talk.ts")
      const parent = yield* run(php("streamIpc/parent.php"), [
        "native",
        JSON.stringify(requests),
        process.execPath,
        talk,
        "native"
      ])
      assert.strictEqual(yield* parent.ended, 0, parent.stderr())
      const said = valuesOf(parent.stdout()) as ReadonlyArray<Record<string, any>>
      assert.deepStrictEqual(
        said.map(({ kind, message, text }) => [kind, message?.__class ?? text?.split("\n")]),
        [
          ["message", "App\\Progress"],
          ["answer", "App\\Done"],
          ["answer", "App\\Done"],
          ["failure", ["Error in dispatch", "Error: no luck"]],
          ["failure", ["Unhandled request: App\\Unwanted"]],
          ["message", "StreamIpc\\Message\\LogMessage"],
          ["end", undefined]
        ]
      )
      assert.strictEqual(said[2]?.message.text, "yes, ok?")
      assert.strictEqual(said[5]?.message.message, "heard hi")
    })
  )
})
