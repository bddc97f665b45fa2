import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { spawnSync } from "node:child_process"
import fc from "fast-check"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as InnmindSocket from "../../../src/node/InnmindSocket.ts"
import * as Fold from "../../../src/peer/Fold.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import { Listener, Transport } from "../../../src/transport/Transport.ts"
import { TransportError } from "../../../src/transport/TransportError.ts"
import * as Innmind from "../../../src/wire/dialect/Innmind.ts"
import { InnmindRaw } from "../../peer/innmindRaw.ts"

class Ping extends Request.Class<Ping>()("Ping", {
  success: Schema.String,
  annotations: Innmind.annotations({ literal: "ping", success: { content: "text" } })
}) {}
const Demo = Protocol.make("demo", { version: "1.0.0", server: [Ping] })

/** A directory of mode 0700 that goes with the test. */
const made = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "innmind-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

const listener = (options: Parameters<typeof InnmindSocket.layerListener>[0]) =>
  Effect.map(Layer.build(InnmindSocket.layerListener(options)), (context) => Context.get(context, Listener))

const open = (options: Parameters<typeof InnmindSocket.layer>[0]) =>
  Effect.flatMap(Layer.build(InnmindSocket.layer(options)), (context) => Context.get(context, Transport).open)

/** The failure of `effect`, which must be one of this stage that says this. */
const fails = (effect: Effect.Effect<unknown, unknown, Scope.Scope>, stage: "open" | "listen", says: RegExp) =>
  Effect.map(Effect.flip(Effect.scoped(effect)), (error) => {
    assert.instanceOf(error, TransportError)
    assert.strictEqual(error.stage, stage)
    assert.match(error.message, says)
  })

/** What a server leaves behind that is killed: a socket no one listens on. */
const leaveStaleSocket = (path: string): void => {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`
  spawnSync(process.execPath, ["-e", script])
  assert.isTrue(Fs.lstatSync(path).isSocket())
}

it.live("has its sockets where the library has them, and finds them by name", () =>
  Effect.gen(function* () {
    const root = yield* made
    const before = process.env.TMPDIR
    yield* Effect.acquireRelease(
      Effect.sync(() => void (process.env.TMPDIR = `${root}/`)),
      () =>
        Effect.sync(() => {
          if (before === undefined) delete process.env.TMPDIR
          else process.env.TMPDIR = before
        })
    )
    assert.deepStrictEqual([yield* InnmindSocket.exists("demo"), yield* InnmindSocket.list()], [false, []])
    yield* Effect.scoped(
      Effect.gen(function* () {
        const server = yield* listener({ name: "demo" })
        const path = Path.join(root, "innmind", "ipc", "demo.sock")
        assert.strictEqual(server.address, `unix:${path}`)
        assert.strictEqual(yield* InnmindSocket.path("demo"), path)
        // As mkdir makes it, unless told otherwise.
        const umask = process.umask()
        assert.strictEqual(Fs.statSync(Path.dirname(path)).mode & 0o777, 0o777 & ~umask)
        assert.deepStrictEqual([yield* InnmindSocket.exists("demo"), yield* InnmindSocket.list()], [true, ["demo"]])
      })
    )
    assert.deepStrictEqual([yield* InnmindSocket.exists("demo"), yield* InnmindSocket.list()], [false, []])
  })
)

it.live("lists sockets whose names are such, and nothing else", () =>
  Effect.gen(function* () {
    const directory = yield* made
    yield* listener({ name: "b", directory })
    yield* listener({ name: "a_1-Z", directory })
    Fs.writeFileSync(Path.join(directory, "plain"), "")
    Fs.writeFileSync(Path.join(directory, "file.sock"), "")
    leaveStaleSocket(Path.join(directory, "a.b.sock"))
    leaveStaleSocket(Path.join(directory, "no-suffix"))
    leaveStaleSocket(Path.join(directory, "stale.sock"))
    assert.deepStrictEqual(yield* InnmindSocket.list({ directory }), ["a_1-Z", "b", "stale"])
    assert.isFalse(yield* InnmindSocket.exists("file", { directory }))
    assert.isTrue(yield* InnmindSocket.exists("stale", { directory }))
    yield* fails(InnmindSocket.list({ directory: Path.join(directory, "plain") }), "open", /ENOTDIR/)
  })
)

it.live("refuses what is no name, on either side", () =>
  Effect.gen(function* () {
    const directory = yield* made
    for (const name of ["", "a.b", "a/b", "../a", "a b", "a\n", "ä", "a\0"]) {
      yield* fails(InnmindSocket.path(name, { directory }), "open", /is no name/)
      yield* fails(InnmindSocket.exists(name, { directory }), "open", /is no name/)
      yield* fails(InnmindSocket.wait(name, { directory }), "open", /is no name/)
      yield* fails(open({ name, directory }), "open", /is no name/)
      yield* fails(listener({ name, directory }), "listen", /is no name/)
    }
    assert.deepStrictEqual(Fs.readdirSync(directory), [])
    yield* fails(listener({ name: "x".repeat(100), directory }), "listen", /bytes long/)
    yield* fails(open({ name: "x".repeat(100), directory }), "open", /bytes long/)
  })
)

it("takes any string of the allowed characters for a name, and no other", () => {
  const isName = (name: string): boolean => Exit.isSuccess(Effect.runSyncExit(InnmindSocket.path(name)))
  fc.assert(fc.property(fc.stringMatching(/^[a-zA-Z0-9_-]{1,60}$/), isName))
  const other = fc.string({ minLength: 1 }).filter((text) => /[^a-zA-Z0-9_-]/.test(text))
  fc.assert(fc.property(other, (name) => !isName(name)))
})

it.live("replaces a socket that nobody listens on", () =>
  Effect.gen(function* () {
    const directory = yield* made
    leaveStaleSocket(Path.join(directory, "demo.sock"))
    yield* fails(open({ name: "demo", directory }), "open", /no one listens/)
    const server = yield* listener({ name: "demo", directory })
    yield* open({ name: "demo", directory })
    yield* server.accept
  })
)

it.live("never takes the name of one that listens, and leaves it with a goodbye", () =>
  Effect.gen(function* () {
    const directory = yield* made
    const server = yield* listener({ name: "demo", directory })
    const refused = yield* Effect.forkChild(
      fails(listener({ name: "demo", directory }), "listen", /someone already listens/)
    )
    const raw = new InnmindRaw(yield* server.accept)
    raw.say("heartbeat", "start")
    assert.deepStrictEqual([yield* raw.next, yield* raw.next], ["startOk", "close"])
    raw.say("closeOk")
    yield* Fiber.join(refused)
    yield* raw.end
    // One that says nothing, or something else, listens as well.
    const again = yield* Effect.forkChild(
      fails(listener({ name: "demo", directory }), "listen", /someone already listens/)
    )
    const silent = new InnmindRaw(yield* server.accept)
    yield* Fiber.join(again)
    yield* silent.end
    // What it may read when it wakes up, so that it knows that the visitor has left.
    assert.deepStrictEqual(silent.rest, ["startOk", "close"])
  })
)

it.live("takes the name over when it is told to, and never that of a file", () =>
  Effect.gen(function* () {
    const directory = yield* made
    yield* listener({ name: "demo", directory })
    const second = yield* listener({ name: "demo", directory, takeOver: true })
    yield* open({ name: "demo", directory })
    yield* second.accept
    Fs.writeFileSync(Path.join(directory, "file.sock"), "")
    yield* fails(listener({ name: "file", directory, takeOver: true }), "listen", /no socket/)
  })
)

it.live("waits for the file and for who listens, as long as it is told to", () =>
  Effect.gen(function* () {
    const directory = yield* made
    yield* fails(InnmindSocket.wait("demo", { directory, timeout: "60 millis" }), "open", /no socket at this path/)
    const file = Path.join(directory, "demo.sock")
    leaveStaleSocket(file)
    yield* fails(InnmindSocket.wait("demo", { directory, timeout: "60 millis" }), "open", /no one listens/)
    const waiting = yield* Effect.forkChild(InnmindSocket.wait("demo", { directory }))
    const opening = yield* Effect.forkChild(open({ name: "demo", directory, wait: "10 seconds" }))
    const server = yield* listener({ name: "demo", directory })
    const [one, other] = [new InnmindRaw(yield* server.accept), new InnmindRaw(yield* server.accept)]
    for (const raw of [one, other]) raw.say("start")
    // The one that only looks says goodbye.
    yield* Effect.raceFirst(one.end, other.end)
    yield* Fiber.join(waiting)
    yield* Fiber.join(opening)
    assert.deepStrictEqual(
      [one.heard, other.heard].filter((heard) => heard.length > 0),
      [["startOk", "close"]]
    )
  })
)

it.live("lets a typed client and a folding server meet by name, over a real socket", () =>
  Effect.gen(function* () {
    const directory = yield* made
    const counting = yield* Effect.forkChild(
      Fold.run(Demo, 0, {
        Ping: (count) => Effect.succeed(count === 2 ? Fold.finish(3, "enough") : Fold.next(count + 1, "pong"))
      }).pipe(Effect.provide(InnmindSocket.layerListener({ name: "counter", directory })))
    )
    const demo = yield* Effect.provide(
      RpcClient.make(Demo),
      yield* Layer.build(InnmindSocket.layer({ name: "counter", directory, wait: "10 seconds" }))
    )
    assert.deepStrictEqual(yield* Effect.all([demo.Ping(), demo.Ping(), demo.Ping()]), ["pong", "pong", "enough"])
    assert.strictEqual(yield* Fiber.join(counting), 3)
    assert.isFalse(yield* InnmindSocket.exists("counter", { directory }))
  })
)
