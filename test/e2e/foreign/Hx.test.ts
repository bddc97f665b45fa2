/** Our client and our server with the wire of hx/interop, against programs that do as its four libraries do. */
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { SocketServer } from "effect/socket/SocketServer"
import * as Stream from "effect/Stream"
import { execFileSync } from "node:child_process"
import * as Path from "node:path"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import * as Fifo from "../../../src/node/Fifo.ts"
import * as SocketLink from "../../../src/node/SocketLink.ts"
import * as UnixSocket from "../../../src/node/UnixSocket.ts"
import * as Handlers from "../../../src/peer/Handlers.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as RpcServer from "../../../src/peer/RpcServer.ts"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import * as HxInterop from "../../../src/wire/dialect/HxInterop.ts"
import { reasonOf } from "../../peer/reasons.ts"
import { quiet } from "../../peer/serve.ts"
import { describeWith, hx, type Language, place, run, type Running, valuesOf } from "./Interpreters.ts"

class Odd extends Schema.TaggedError<Odd>()("Odd", { n: Schema.Int }) {}

const named = (name: string, more: HxInterop.Annotations = {}) => HxInterop.annotations({ class: name, ...more })

class Ping extends Request.Class<Ping>()("Ping", { success: Schema.String, annotations: named("ping") }) {}
class Add extends Request.Class<Add>()("Add", {
  payload: { a: Schema.Int, b: Schema.Int },
  success: Schema.Int,
  error: Odd,
  annotations: named("add")
}) {}
class Echo extends Request.Class<Echo>()("Echo", {
  payload: { bytes: Schema.Uint8Array },
  success: Schema.Uint8Array,
  annotations: named("echo", { body: "bytes" })
}) {}
class Shout extends Request.Class<Shout>()("Shout", {
  payload: { text: Schema.String },
  success: Schema.String,
  annotations: named("shout", { body: "text", contentType: "text/plain", success: { contentType: "text/plain" } })
}) {}
class Headers extends Request.Class<Headers>()("Headers", {
  payload: { foo: Schema.String, layerName: Schema.Int, isOn: Schema.Boolean },
  success: Schema.Array(Schema.Tuple([Schema.String, Schema.String])),
  annotations: named("headers", { headers: ["foo", "layerName", "isOn"] })
}) {}
class Empty extends Request.Class<Empty>()("Empty", { annotations: named("empty") }) {}
class Nowhere extends Request.Class<Nowhere>()("Nowhere", { success: Schema.String, annotations: named("nowhere") }) {}
class Fails extends Request.Class<Fails>()("Fails", { annotations: named("error") }) {}
class Boom extends Request.Class<Boom>()("Boom", { success: Schema.Int, annotations: named("boom") }) {}
class Burst extends Request.Class<Burst>()("Burst", { success: Schema.Int, annotations: named("burst") }) {}
class Slow extends Request.Class<Slow>()("Slow", {
  payload: { ms: Schema.Int },
  success: Schema.Int,
  annotations: named("slow", { headers: ["ms"] })
}) {}
class Countdown extends Request.Class<Countdown>()("Countdown", {
  payload: { ticks: Schema.Int },
  annotations: named("countdown", { headers: ["ticks"] })
}) {}
class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }, { annotations: named("tick", { body: "n" }) }) {}
class Note extends Event.Class<Note>()("Note", { text: Schema.String }, { annotations: named("note") }) {}

const Interop = Protocol.make("interop", {
  version: "1.0.0",
  server: [Ping, Add, Echo, Shout, Headers, Empty, Nowhere, Fails, Boom, Burst, Slow, Countdown, Note],
  client: [Tick]
})

const wire = HxInterop.wire()
const languages = ["go", "ruby", "php"] as const

/** A client of the program's server, which is its child. */
const overChild = (language: Language) => {
  const [command, ...args] = hx(language)
  return Effect.provide(
    RpcClient.make(Interop),
    ChildProcess.layer({ command, args: [...args, "server", "stdio"], wire })
  )
}

const fifos = Effect.map(place, (root) => {
  const [a, b] = [Path.join(root, "a"), Path.join(root, "b")] as const
  execFileSync("mkfifo", [a, b])
  return { a, b }
})

/** Counts down, and answers what was heard until the last tick. */
const heard = (client: { readonly events: (tick: typeof Tick) => Stream.Stream<Tick, unknown> }, most: number) =>
  client.events(Tick).pipe(
    Stream.take(most),
    Stream.map(({ n }) => n),
    Stream.runCollect
  )

for (const language of languages) {
  describeWith([language], `our client and a server in ${language}`, () => {
    it.live("calls with JSON, bytes, text and headers", () =>
      Effect.gen(function* () {
        const client = yield* overChild(language)
        assert.strictEqual(yield* client.Ping({}), "pong")
        assert.strictEqual(yield* client.Add({ a: 2, b: 3 }), 5)
        const bytes = Uint8Array.from({ length: 256 }, (_, n) => n)
        assert.deepStrictEqual(yield* client.Echo({ bytes }), bytes)
        assert.deepStrictEqual(yield* client.Echo({ bytes: new Uint8Array(0) }), new Uint8Array(0))
        assert.strictEqual(yield* client.Shout({ text: "a\n\nb\r\n" }), "A\n\nB\r\n")
        const headers = yield* client.Headers({ foo: "ž: b", layerName: 3, isOn: true })
        assert.deepInclude(headers, ["Foo", "ž: b"])
        assert.deepInclude(headers, ["Layer-Name", "3"])
        assert.deepInclude(headers, ["Is-On", "true"])
        yield* client.Empty({})
      })
    )

    it.live("hears events while it waits, in their order where the server keeps it", () =>
      Effect.gen(function* () {
        const client = yield* overChild(language)
        const ticks = yield* Effect.forkScoped(heard(client, 5), { startImmediately: true })
        yield* client.Countdown({ ticks: 5 })
        assert.deepStrictEqual(yield* Fiber.join(ticks), [1, 2, 3, 4, 5])
      })
    )

    it.live("tells what went wrong, and lives where the server does", () =>
      Effect.gen(function* () {
        const client = yield* overChild(language)
        const error = yield* Effect.flip(client.Fails({}))
        assert.include(reasonOf(error, "RemoteDefect").message, "first")
        // An unknown class is an empty answer there, which is no text.
        const empty = yield* Effect.flip(client.Nowhere({}))
        assert.include(["InvalidPayload", "UnknownMethod"], empty.reason._tag)
        yield* client.emit(new Note({ text: "nobody takes it, and it is answered" }))
        reasonOf(yield* Effect.flip(client.Slow({ ms: 200 }, { timeout: "50 millis" })), "TimedOut")
        assert.strictEqual(yield* client.Ping({}), "pong")
        const boom = yield* Effect.flip(client.Boom({}))
        if (language === "go") {
          assert.include(reasonOf(boom, "RemoteDefect").message, "panic: kaboom")
          assert.strictEqual(yield* client.Ping({}), "pong")
        } else {
          assert.strictEqual(reasonOf(boom, "Disconnected").exitCode, language === "php" ? 255 : 1)
        }
      })
    )

    it.live("asks many at once, and carries a mebibyte both ways", () =>
      Effect.gen(function* () {
        const client = yield* overChild(language)
        const many = Array.from({ length: 50 }, (_, n) => n)
        const sums = yield* Effect.forEach(many, (n) => client.Add({ a: n, b: 1 }), { concurrency: "unbounded" })
        assert.deepStrictEqual(
          sums,
          many.map((n) => n + 1)
        )
        const bytes = new Uint8Array(1 << 20).fill(10)
        const both = yield* Effect.all([client.Echo({ bytes }), client.Echo({ bytes })], { concurrency: 2 })
        for (const echo of both) assert.isTrue(Buffer.from(echo).equals(bytes))
      })
    )

    for (const first of ["our client", "the server"]) {
      it.live(`counts down over FIFOs; ${first} opens first`, () =>
        Effect.gen(function* () {
          const { a, b } = yield* fifos
          const serve = run(hx(language), ["server", "fifo", a, b])
          const dial = Effect.provide(RpcClient.make(Interop), Fifo.layer({ read: b, write: a, wire }))
          const early = first === "the server" ? yield* serve : undefined
          const ours = yield* Effect.forkScoped(
            Effect.scoped(
              Effect.gen(function* () {
                const client = yield* dial
                const ticks = yield* Effect.forkScoped(heard(client, 3), { startImmediately: true })
                yield* client.Countdown({ ticks: 3 })
                return yield* Fiber.join(ticks)
              })
            )
          )
          const server = early ?? (yield* Effect.delay(serve, "50 millis"))
          assert.deepStrictEqual(yield* Fiber.join(ours), [1, 2, 3])
          assert.strictEqual(yield* server.ended, 0, server.stderr())
        })
      )
    }
  })
}

describeWith(["go"], "our client and the ways of a Go server", () => {
  it.live("closes, and says why, where the text of a panic breaks the framing", () =>
    Effect.gen(function* () {
      const client = yield* overChild("go")
      const [burst, other] = yield* Effect.all(
        [client.Burst({}), client.Slow({ ms: 300 })].map((call) => Effect.flip(call)),
        { concurrency: "unbounded" }
      )
      assert.match(burst!.message, /header|colon/)
      assert.include(["Malformed", "Disconnected"], other!.reason._tag)
    })
  )

  it.live("sends no line break within a header", () =>
    Effect.gen(function* () {
      const client = yield* overChild("go")
      const error = yield* Effect.flip(client.Headers({ foo: "a\nInterop-Rpc-Class: boom", layerName: 1, isOn: false }))
      reasonOf(error, "InvalidPayload")
      assert.strictEqual(yield* client.Ping({}), "pong")
    })
  )
})

const handlers = Handlers.layer(Interop)({
  Ping: () => Effect.succeed("pong"),
  Add: ({ a, b }) => (a + b === 13 ? Effect.fail(new Odd({ n: 13 })) : Effect.succeed(a + b)),
  Echo: ({ bytes }) => Effect.succeed(bytes),
  Shout: ({ text }) => Effect.succeed(text.toUpperCase()),
  Headers: ({ foo, isOn, layerName }) =>
    Effect.succeed([
      ["Foo", foo],
      ["Layer-Name", String(layerName)],
      ["Is-On", String(isOn)]
    ] as const),
  Empty: () => Effect.void,
  Nowhere: () => Effect.succeed("here"),
  Fails: () => Effect.die(new Error("first\r\nsecond")),
  Burst: () => Effect.succeed(1),
  Boom: () => Effect.die(new Error("kaboom")),
  Slow: ({ ms }) => Effect.delay(Effect.succeed(ms), ms),
  Countdown: Effect.fnUntraced(function* ({ ticks }, { caller }) {
    for (let n = 1; n <= ticks; n++) yield* Effect.ignore(caller.emit(new Tick({ n })))
  }),
  Note: () => Effect.void
})

const calls = [
  { class: "ping" },
  { class: "add", json: { a: 2, b: 3 } },
  { class: "add", json: { a: 6, b: 7 } },
  { class: "add", json: { a: "no" } },
  { class: "shout", text: "žluť\n\n" },
  {
    class: "headers",
    headers: [
      ["foo", "a: b"],
      ["LAYER-name", "3"],
      ["is-on", "true"]
    ]
  },
  { class: "no-such-class" },
  { class: "error" },
  { class: "empty" },
  { class: "countdown", headers: [["ticks", "2"]] }
]

/** What a foreign client must have got to `calls`. */
const answered = (client: Running) => {
  const said = valuesOf(client.stdout())
  const answers = said.filter(({ kind }) => kind === "answer")
  const bodies = answers.map(({ body }) => body.trimEnd())
  assert.deepStrictEqual([bodies[0], bodies[1]], ['"pong"', "5"])
  assert.match(answers[2].error, /^Odd/)
  assert.deepInclude(JSON.parse(bodies[2]), { _tag: "Odd", n: 13 })
  assert.match(answers[3].error, /^invalid payload/)
  assert.strictEqual(answers[4].body, "ŽLUŤ\n\n")
  assert.deepStrictEqual(JSON.parse(bodies[5])[0], ["Foo", "a: b"])
  assert.include(answers[6].error, "no-such-class")
  assert.include(answers[7].error, "first second")
  assert.deepStrictEqual([answers[8].error, bodies[8]], ["", ""])
  const ticks = said.filter(({ kind }) => kind === "event").map(({ body }) => body)
  assert.sameMembers(ticks, ["1", "2"])
  assert.strictEqual(answers.length, calls.length)
}

for (const language of languages) {
  describeWith([language], `our server and a client in ${language}`, () => {
    it.live("is asked over a Unix socket, by clients one after the other", () =>
      Effect.gen(function* () {
        const path = Path.join(yield* place, "s")
        const listener = yield* Layer.build(UnixSocket.layerListener({ path, wire }))
        yield* Effect.forkScoped(quiet(RpcServer.run(Interop)).pipe(Effect.provide(handlers), Effect.provide(listener)))
        for (let turn = 0; turn < 2; turn++) {
          const client = yield* run(hx(language), ["client", "unix", path, "calls", JSON.stringify(calls)])
          assert.strictEqual(yield* client.ended, 0, client.stderr())
          answered(client)
        }
      })
    )

    for (const first of ["our server", "the client"]) {
      it.live(`counts down over FIFOs; ${first} opens first`, () =>
        Effect.gen(function* () {
          const { a, b } = yield* fifos
          const ask = run(hx(language), ["client", "fifo", a, b, "countdown", "3"])
          const early = first === "the client" ? yield* ask : undefined
          const listener = Fifo.layerListener({ read: a, write: b, wire })
          const server = yield* Effect.forkScoped(
            quiet(RpcServer.run(Interop)).pipe(Effect.provide(handlers), Effect.provide(listener))
          )
          const client = early ?? (yield* Effect.delay(ask, "50 millis"))
          assert.strictEqual(yield* client.ended, 0, client.stderr())
          assert.sameMembers(client.stdout().match(/Tick \d/g) ?? [], ["Tick 1", "Tick 2", "Tick 3"])
          // It is done with its one client, and ends.
          yield* Fiber.join(server)
        })
      )
    }
  })
}

describe("our server and a client in JavaScript", () => {
  it.live("is asked over a WebSocket, one message a frame", () =>
    Effect.gen(function* () {
      const listening = yield* Layer.build(NodeSocketServer.layerWebSocket({ port: 0, host: "127.0.0.1" }))
      const { address } = yield* Effect.provide(SocketServer, listening)
      const server = quiet(RpcServer.run(Interop)).pipe(
        Effect.provide(handlers),
        Effect.provide(SocketLink.layerListener({ wire: HxInterop.wire({ frames: "message" }) })),
        Effect.provide(listening)
      )
      yield* Effect.forkScoped(server)
      const url = `ws://${address}`
      const client = yield* run(hx("node"), ["client", url, "calls", JSON.stringify(calls)])
      assert.strictEqual(yield* client.ended, 0, client.stderr())
      answered(client)
      const counting = yield* run(hx("node"), ["client", url, "countdown", "3"])
      assert.strictEqual(yield* counting.ended, 0, counting.stderr())
      assert.strictEqual(counting.stdout(), "Tick 1\nTick 2\nTick 3\nend\n")
    })
  )
})
