/** Our client and our server with the wire of innmind/ipc, against PHP programs that do as 4.4.0 and 5.x do. */
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import * as InnmindSocket from "../../../src/node/InnmindSocket.ts"
import * as Handlers from "../../../src/peer/Handlers.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as RpcServer from "../../../src/peer/RpcServer.ts"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import * as Innmind from "../../../src/wire/dialect/Innmind.ts"
import { reasonOf } from "../../peer/reasons.ts"
import { quiet } from "../../peer/serve.ts"
import { describeWith, php, place, run, type Running, valuesOf } from "./Interpreters.ts"

class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { most: Schema.Int }) {}

const text = { content: "text" } as const
const word = (literal: string) => Innmind.annotations({ literal, success: text })

class Ping extends Request.Class<Ping>()("Ping", { success: Schema.String, annotations: word("ping") }) {}
class Count extends Request.Class<Count>()("Count", { success: Schema.String, annotations: word("count") }) {}
class Throw extends Request.Class<Throw>()("Throw", { success: Schema.String, annotations: word("throw") }) {}
class Sleep extends Request.Class<Sleep>()("Sleep", { success: Schema.String, annotations: word("sleep 300") }) {}
class Stop extends Request.Class<Stop>()("Stop", {
  annotations: Innmind.annotations({ literal: "stop", acknowledged: true })
}) {}
class Quiet extends Event.Class<Quiet>()("Quiet", {}, { annotations: word("quiet") }) {}
class Add extends Request.Class<Add>()("Add", {
  payload: { a: Schema.Int, b: Schema.Int },
  success: Schema.Int,
  error: TooLarge
}) {}
class Say extends Request.Class<Say>()("Say", {
  payload: { text: Schema.String },
  success: Schema.String,
  annotations: Innmind.annotations({ content: "text", success: text })
}) {}
class Put extends Request.Class<Put>()("Put", {
  payload: { bytes: Schema.Uint8Array },
  success: Schema.Uint8Array,
  annotations: Innmind.annotations({ content: "bytes", success: { content: "bytes" } })
}) {}

const Counter = Protocol.make("counter", {
  version: "1.0.0",
  server: [Ping, Count, Throw, Sleep, Stop, Quiet, Add, Say, Put]
})

const pace = ["--heartbeat", "50"]
const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, n) => n)

/** A PHP server that is ready, and how to dial it. */
const served = (version: Innmind.Version, ...options: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const directory = yield* place
    const five = version === 5 ? ["--five"] : []
    const server = yield* run(php("innmind/server.php"), [directory, "demo", ...pace, ...five, ...options])
    yield* server.until(/ready/)
    const wire = Innmind.wire({ version, heartbeat: "50 millis" })
    const transport = InnmindSocket.layer({ name: "demo", directory, wire })
    const dial = Effect.provide(RpcClient.make(Counter, { drainTimeout: "1 second" }), transport)
    return { dial, directory, server }
  })

for (const version of [4, 5] as const) {
  describeWith(["php"], `our client and a server of innmind/ipc ${version}.x`, () => {
    it.live("calls, says events, and leaves with a goodbye, so that the count goes on", () =>
      Effect.gen(function* () {
        const { dial, server } = yield* served(version)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const counter = yield* dial
            assert.strictEqual(yield* counter.Ping({}), "pong")
            assert.strictEqual(yield* counter.Add({ a: 2, b: 3 }), 5)
            assert.strictEqual(yield* counter.Say({ text: "žluťoučký 🎉\n" }), "žluťoučký 🎉\n")
            assert.deepStrictEqual(yield* counter.Put({ bytes: bytes(256) }), bytes(256))
            yield* counter.emit(new Quiet())
            yield* counter.emit(new Quiet())
          })
        )
        const count = yield* Effect.scoped(Effect.flatMap(dial, (counter) => counter.Count({})))
        assert.strictEqual(count, "6")
        server.child.kill("SIGTERM")
        assert.strictEqual(yield* server.ended, 0, server.stderr())
        assert.deepStrictEqual(valuesOf(server.stdout()), [{ end: "stopped", carry: 7 }])
      })
    )

    it.live("finds the server by its name, and visits it with a handshake", () =>
      Effect.gen(function* () {
        const { directory, server } = yield* served(version)
        assert.deepStrictEqual(yield* InnmindSocket.list({ directory }), ["demo"])
        assert.isTrue(yield* InnmindSocket.exists("demo", { directory }))
        yield* InnmindSocket.wait("demo", { directory, timeout: "2 seconds" })
        server.child.kill("SIGTERM")
        assert.strictEqual(yield* server.ended, 0, server.stderr())
        // Somebody who comes and goes without the handshake makes a 4.x server forget its count.
        assert.deepStrictEqual(valuesOf(server.stdout()), [{ end: "stopped", carry: 0 }])
      })
    )

    it.live("visits one that is busy, and it forgets nothing", () =>
      Effect.gen(function* () {
        const { dial, directory, server } = yield* served(version)
        const counter = yield* dial
        yield* Effect.forkScoped(Effect.ignore(counter.Say({ text: "sleep 1400" })))
        yield* Effect.sleep("100 millis")
        yield* InnmindSocket.wait("demo", { directory, timeout: "2 seconds" })
        yield* Effect.sleep("400 millis")
        server.child.kill("SIGTERM")
        assert.strictEqual(yield* server.ended, 0, server.stderr())
        assert.deepStrictEqual(valuesOf(server.stdout()), [{ end: "stopped", carry: 1 }])
      })
    )

    it.live("asks many at once, one after the other", () =>
      Effect.gen(function* () {
        const { dial } = yield* served(version)
        const counter = yield* dial
        const all = Array.from({ length: 20 }, (_, n) => n)
        const sums = yield* Effect.forEach(all, (n) => counter.Add({ a: n, b: n }), { concurrency: "unbounded" })
        assert.deepStrictEqual(
          sums,
          all.map((n) => 2 * n)
        )
      })
    )

    it.live("stops the server, and learns of it", () =>
      Effect.gen(function* () {
        const { dial, server } = yield* served(version)
        const counter = yield* dial
        yield* counter.Stop({})
        assert.strictEqual(yield* server.ended, 0, server.stderr())
        const error = yield* Effect.flip(counter.Ping({}))
        assert.include(["Draining", "Disconnected"], error.reason._tag)
      })
    )
  })
}

describeWith(["php"], "our client and the ways of a 4.x server", () => {
  it.live("sends what a socket takes at once, and refuses what would break the server", () =>
    Effect.gen(function* () {
      const { dial } = yield* served(4)
      const counter = yield* dial
      const large = bytes(180 * 1024)
      assert.deepStrictEqual(yield* counter.Put({ bytes: large }), large)
      reasonOf(yield* Effect.flip(counter.Put({ bytes: bytes(300 * 1024) })), "Oversized")
      assert.strictEqual(yield* counter.Count({}), "1")
    })
  )

  it.live("says that it is there while it waits, and lets an idle server end otherwise", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* served(4, "--idle", "200")
      const counter = yield* dial
      assert.strictEqual(yield* counter.Ping({}), "pong")
      assert.strictEqual(yield* server.ended, 0, server.stderr())
      assert.deepStrictEqual(valuesOf(server.stdout()), [{ end: "stopped", carry: 1 }])
    })
  )

  it.live("fails a call whose answer does not come, and closes, so that no later one gets it", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* served(4)
      const counter = yield* dial
      reasonOf(yield* Effect.flip(counter.Sleep({}, { timeout: "100 millis" })), "TimedOut")
      const next = yield* Effect.flip(counter.Ping({}))
      // It was asked before the connection had closed, and never sent.
      assert.strictEqual(next.reason._tag, "Draining")
      // The server was busy, and lived: another client finds the count.
      const count = yield* Effect.scoped(Effect.flatMap(dial, (counter) => counter.Count({})))
      assert.strictEqual(count, "1")
      server.child.kill("SIGTERM")
      assert.strictEqual(yield* server.ended, 0, server.stderr())
    })
  )

  it.live("fails a call when the server dies of its callback", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* served(4)
      const counter = yield* dial
      reasonOf(yield* Effect.flip(counter.Throw({})), "Disconnected")
      assert.strictEqual(yield* server.ended, 255)
    })
  )

  it.live("ends within the drain time when a server never agrees to the end", () =>
    Effect.gen(function* () {
      const { dial, server } = yield* served(4)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const counter = yield* dial
          assert.strictEqual(yield* counter.Ping({}), "pong")
          server.child.kill("SIGSTOP")
        })
      ).pipe(Effect.timeout("5 seconds"))
    })
  )
})

/** Our server, and PHP clients that dial it by its name. */
const serving = (version: Innmind.Version) =>
  Effect.gen(function* () {
    const directory = yield* place
    const seen: Array<string> = []
    const stopped = yield* Deferred.make<void>()
    const handlers = Handlers.layer(Counter)({
      Ping: () => Effect.succeed("pong"),
      Count: () => Effect.sync(() => String(seen.length)),
      Throw: () => Effect.die(new Error("thrown")),
      Sleep: () => Effect.delay(Effect.succeed("slept"), "300 millis"),
      Stop: () => Effect.asVoid(Deferred.succeed(stopped, undefined)),
      Quiet: () => Effect.sync(() => void seen.push("quiet")),
      Add: ({ a, b }) => (a + b > 100 ? Effect.fail(new TooLarge({ most: 100 })) : Effect.succeed(a + b)),
      Say: ({ text }) => Effect.succeed(text),
      Put: ({ bytes }) => Effect.succeed(bytes)
    })
    const wire = Innmind.wire({ version, heartbeat: "50 millis" })
    const listening = RpcServer.run(Counter).pipe(
      quiet,
      Effect.provide(Layer.merge(handlers, InnmindSocket.layerListener({ name: "demo", directory, wire })))
    )
    const five = version === 5 ? ["--five"] : []
    const start = (steps: ReadonlyArray<unknown>, ...more: ReadonlyArray<string>) =>
      run(php("innmind/client.php"), [
        directory,
        "demo",
        JSON.stringify(steps),
        ...pace,
        "--wait",
        "5000",
        ...five,
        ...more
      ])
    return { directory, listening, seen, start, stopped }
  })

const saidBy = (client: Running) => Effect.map(client.ended, () => valuesOf(client.stdout()))
const send = (content: string, mediaType = "text/plain") => ({ send: [[mediaType, content]] })
const ask = (content: string, mediaType?: string) => [send(content, mediaType), { wait: 2000 }]
const close = { close: true }
/** What the waits of a client gave. */
const got = (said: ReadonlyArray<any>) => said.flatMap(({ wait }) => (wait === undefined ? [] : [wait]))

for (const version of [4, 5] as const) {
  describeWith(["php"], `our server and a client of innmind/ipc ${version}.x`, () => {
    it.live("is found by its name, whoever comes first, and answers what it is asked", () =>
      Effect.gen(function* () {
        const { listening, seen, start } = yield* serving(version)
        const client = yield* start([
          ...ask("ping"),
          ...ask('{"_tag":"Add","a":2,"b":3}', "application/json"),
          ...ask('{"_tag":"Add","a":99,"b":3}', "application/json"),
          ...ask("žluť", "text/plain; charset=utf-8"),
          ...ask("sleep 300"),
          ...ask("throw"),
          {
            send: [
              ["text/plain", "quiet"],
              ["text/plain", "quiet"]
            ]
          },
          ...ask("count"),
          close
        ])
        yield* Effect.forkScoped(Effect.delay(listening, "50 millis"))
        const said = yield* saidBy(client)
        const answers = got(said)
        assert.deepStrictEqual(answers.slice(0, 2), [
          ["text/plain", "pong"],
          ["application/json", "5"]
        ])
        assert.strictEqual(answers[2][0], "application/json; ipc=failure")
        assert.deepInclude(JSON.parse(answers[2][1]), { _tag: "TooLarge", most: 100 })
        assert.deepStrictEqual(answers.slice(3, 5), [
          ["text/plain", "žluť"],
          ["text/plain", "slept"]
        ])
        assert.strictEqual(answers[5][0], "text/plain; ipc=refusal")
        assert.deepStrictEqual(answers[6], ["text/plain", "2"])
        assert.deepStrictEqual(said.at(-1), { close: "ok", closed: true })
        assert.strictEqual(seen.length, 2)
      })
    )

    it.live("says goodbye when it is stopped, and removes its name", () =>
      Effect.gen(function* () {
        const { directory, listening, start, stopped } = yield* serving(version)
        const server = yield* Effect.forkScoped(listening)
        const waiting = yield* start([...ask("ping"), { wait: null }])
        yield* waiting.until(/pong/)
        const stopping = yield* start([send("stop"), { wait: null }])
        yield* Deferred.await(stopped)
        yield* Fiber.interrupt(server)
        for (const client of [waiting, stopping]) {
          assert.deepStrictEqual((yield* saidBy(client)).at(-1), { wait: "nothing", closed: true })
        }
        assert.deepStrictEqual(Fs.readdirSync(directory), [])
      })
    )
  })
}

describeWith(["php"], "our server and the ways of a 4.x client", () => {
  it.live("goes on when a client hangs up, breaks a frame, or sends half of one", () =>
    Effect.gen(function* () {
      const { listening, start } = yield* serving(4)
      yield* Effect.forkScoped(listening)
      const raw = (latin1: string) => ({ raw: Buffer.from(latin1, "latin1").toString("base64") })
      const half = raw("\0\x0atext/plain\0\0\0\x04pi")
      for (const misdeed of [{ hangUp: true }, raw("\0\x0atext/plain\0\0\0\x04ping!"), half]) {
        yield* saidBy(yield* start([...ask("ping"), misdeed]))
      }
      const late = yield* saidBy(
        yield* start([half, { sleep: 100 }, raw("ng\xce"), { wait: 2000 }, { wait: 2000 }, close])
      )
      assert.deepStrictEqual(got(late), [
        ["text/plain", "innmind/ipc:message.received"],
        ["text/plain", "pong"]
      ])
    })
  )

  it.live("acknowledges what it does not know, and answers nothing to it", () =>
    Effect.gen(function* () {
      const { listening, start } = yield* serving(4)
      yield* Effect.forkScoped(listening)
      const said = yield* saidBy(
        yield* start([send("{}", "application/json"), send("x", "text/x-none"), ...ask("ping"), close])
      )
      assert.deepStrictEqual(got(said), [["text/plain", "pong"]])
      assert.isFalse(said.some(({ send }) => send === "nothing"))
    })
  )
})
