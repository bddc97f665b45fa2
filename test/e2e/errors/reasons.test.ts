/** Each reason of an IpcError, provoked over real sockets and processes, with its facts and what it tells to do. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import * as NodeChildProcess from "node:child_process"
import * as Net from "node:net"
import * as Path from "node:path"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import * as Fifo from "../../../src/node/Fifo.ts"
import * as Tcp from "../../../src/node/Tcp.ts"
import * as UnixSocket from "../../../src/node/UnixSocket.ts"
import * as Handlers from "../../../src/peer/Handlers.ts"
import type { IpcError } from "../../../src/peer/IpcError.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as RpcServer from "../../../src/peer/RpcServer.ts"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import * as Native from "../../../src/wire/dialect/Native.ts"
import { clientSays, layer, numbers, Office, staff, Tick } from "../../peer/Office.ts"
import { frame, hello, request } from "../../peer/Raw.ts"
import { reasonOf, reasonOfExit } from "../../peer/reasons.ts"
import { directory } from "../../peer/subjects.ts"
import { dial, dialRaw, rawServer, serve, socketPath } from "./sockets.ts"

const started = { startImmediately: true } as const
const count = (most: number): ReadonlyArray<number> => Array.from({ length: most }, (_, n) => n)
const version = "1.0.0"

const node = process.execPath
const fixture = (name: string) => Path.join(import.meta.dirname, "fixtures", name)
const office = { command: node, args: [fixture("office.ts")] }

const overChild = (options: ChildProcess.Options, clientOptions?: RpcClient.Options) =>
  Effect.provide(RpcClient.make(Office, clientOptions), ChildProcess.layer(options))

describe("ConnectFailed", () => {
  const refused = (name: string, path: (directory: string) => string, advice: string) =>
    it.live(`tells what to do: ${name}`, () =>
      Effect.gen(function* () {
        const at = path(yield* directory)
        const reason = reasonOf(yield* Effect.flip(dial(Office, at)), "ConnectFailed")
        assert.strictEqual(reason.address, `unix:${at}`)
        assert.include(reason.message, advice)
      })
    )
  refused("no directory", (at) => `${at}/none/s`, "start the server, or check the path")
  refused("no socket", (at) => `${at}/s`, "start the server, or check the path")
  refused("a path that is too long", (at) => `${at}/${"x".repeat(120)}`, "bytes")
  refused(
    "a file that is no socket",
    (at) => {
      Fs.writeFileSync(`${at}/s`, "text")
      return `${at}/s`
    },
    "a file that is no socket"
  )
  refused(
    "a socket whose server is gone",
    (at) => {
      const bind = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`
      NodeChildProcess.spawnSync(node, ["-e", bind, `${at}/s`])
      return `${at}/s`
    },
    "its server is gone; start it again"
  )

  it.live("tells what to do: a command that does not exist", () =>
    Effect.gen(function* () {
      const named = reasonOf(yield* Effect.flip(overChild({ command: "no-such-command" })), "ConnectFailed")
      assert.include(named.message, "no-such-command was not found on PATH")
      const placed = reasonOf(yield* Effect.flip(overChild({ command: "/no/such/command" })), "ConnectFailed")
      assert.include(placed.message, "check the path")
    })
  )

  it.live("tells of a server that accepts and says nothing", () =>
    Effect.gen(function* () {
      const path = yield* rawServer(() => {})
      const client = yield* dial(Office, path, { handshakeTimeout: "50 millis" })
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "ConnectFailed")
      assert.include(
        reason.message,
        "not finished the handshake within 50 ms: is it an effect-ipc peer with the same wire?"
      )
    })
  )

  it.live("tells of a server that speaks another language, and shows its words", () =>
    Effect.gen(function* () {
      const faults: Array<string> = []
      const path = yield* rawServer((raw) => raw.say(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")))
      const onFault = (error: IpcError) => Effect.sync(() => faults.push(error.message))
      const client = yield* dial(Office, path, { handshakeTimeout: "50 millis", onFault })
      reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "ConnectFailed")
      assert.include(faults[0], "HTTP/1.1 400 Bad Request")
    })
  )
})

describe("ListenFailed", () => {
  it.live("tells of a listener that cannot accept", () =>
    Effect.gen(function* () {
      const run = Effect.sync(() => NodeChildProcess.spawnSync(node, [fixture("fd3.ts")], { encoding: "utf8" }))
      const { stderr } = yield* run
      assert.include(stderr, "ListenFailed: cannot go on listening at stdio:fd3")
      assert.include(stderr, "start this process with frames")
    })
  )

  it.live("tells of FIFOs whose other side does not come, or that go while a server waits", () =>
    Effect.gen(function* () {
      const at = yield* directory
      const pair = { read: Path.join(at, "a"), write: Path.join(at, "b"), create: true }
      const run = (options: Fifo.Options) =>
        Effect.provide(RpcServer.run(Office), [layer(), Fifo.layerListener(options)])
      const late = reasonOf(yield* Effect.flip(run({ ...pair, openTimeout: 50 })), "ListenFailed")
      assert.include(late.message, "for reading within 50ms; start the other side, which reads it")
      NodeChildProcess.execFileSync("mkfifo", [pair.read, pair.write])
      const waiting = yield* Effect.forkChild(Effect.flip(run({ ...pair, create: false })), started)
      yield* Effect.sleep(20)
      Fs.unlinkSync(pair.read)
      const gone = reasonOf(yield* Fiber.join(waiting), "ListenFailed")
      assert.include(gone.message, `there is no FIFO at ${pair.read}; start the side that makes it`)
    })
  )
})

describe("Disconnected", () => {
  it.live("has the exit code and the last stderr of a child that exits, for every call", () =>
    Effect.gen(function* () {
      const client = yield* overChild(office)
      const hanging = yield* Effect.forkChild(client.Ask({ text: "hang" }), started)
      const events = yield* Effect.forkChild(Stream.runDrain(client.events(Tick)), started)
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "exit" })), "Disconnected")
      assert.deepStrictEqual([reason.exitCode, reason.signal, reason.stderrTail], [3, undefined, "the disk is full\n"])
      assert.include(reason.message, "the process exited with code 3; its last stderr:\nthe disk is full")
      assert.strictEqual(reasonOfExit(yield* Fiber.await(hanging), "Disconnected").exitCode, 3)
      assert.strictEqual(reasonOfExit(yield* Fiber.await(events), "Disconnected").exitCode, 3)
      assert.strictEqual(reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Disconnected").exitCode, 3)
    })
  )

  it.live("has the signal of a child that was killed, and is recovered from by its tag", () =>
    Effect.gen(function* () {
      const client = yield* overChild(office)
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "kill" })), "Disconnected")
      assert.deepStrictEqual([reason.exitCode, reason.signal], [undefined, "SIGKILL"])
      assert.include(reason.message, "the process was ended by SIGKILL")
      const recovered = client
        .Ask({ text: "" })
        .pipe(Effect.catchReason("IpcError", "Disconnected", ({ signal }) => Effect.succeed(`ended by ${signal}`)))
      assert.strictEqual(yield* recovered, "ended by SIGKILL")
    })
  )

  it.live("tells of a command that exits at once, which is no server", () =>
    Effect.gen(function* () {
      const client = yield* overChild({ command: node, args: ["-e", "console.error('no config'); process.exit(2)"] })
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Disconnected")
      assert.deepStrictEqual([reason.exitCode, reason.stderrTail], [2, "no config\n"])
    })
  )

  it.live("tells of a server at a socket that goes without a word, in each kind of call", () =>
    Effect.gen(function* () {
      const sockets: Array<Net.Socket> = []
      const path = yield* socketPath
      yield* Effect.acquireRelease(
        Effect.callback<Net.Server>((resume) => {
          const server = Net.createServer((socket) => {
            sockets.push(socket.on("error", () => {}))
            socket.resume().write(hello("office", ["Tick"]))
          })
          server.listen(path, () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const client = yield* dial(Office, path)
      const fibers = yield* Effect.all([
        Effect.forkChild(client.Ask({ text: "" }), started),
        Effect.forkChild(Stream.runDrain(client.Follow({ total: 5 })), started),
        Effect.forkChild(client.Upload({}, { input: Stream.forever(Stream.make(1)) }), started),
        Effect.forkChild(Stream.runDrain(client.events(Tick)), started)
      ])
      yield* Effect.sleep(20)
      for (const socket of sockets) socket.destroy()
      for (const fiber of fibers as ReadonlyArray<Fiber.Fiber<unknown, unknown>>) {
        const reason = reasonOfExit(yield* Fiber.await(fiber), "Disconnected")
        assert.match(reason.detail, /the peer ended the link|the link broke/)
      }
    })
  )
})

describe("PeerSilent", () => {
  it.live("tells of a process that was stopped", () =>
    Effect.gen(function* () {
      const client = yield* overChild(
        { ...office, shutdown: { endInputFor: 0, terminateFor: 0 } },
        { heartbeat: "300 millis" }
      )
      assert.strictEqual(yield* client.Ask({ text: "here" }), "here")
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "stop" })), "PeerSilent")
      assert.strictEqual(reason.afterMillis, 600)
      assert.include(reason.message, "it hangs, or the link is dead")
    })
  )
})

describe("TimedOut", () => {
  it.live("ends its call alone, and says what to do", () =>
    Effect.gen(function* () {
      const { path } = yield* Effect.provide(
        serve(Office),
        layer({ Ask: ({ text }) => (text === "" ? Effect.never : Effect.succeed(text)) })
      )
      const client = yield* dial(Office, path)
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" }, { timeout: 30 })), "TimedOut")
      assert.strictEqual(reason.afterMillis, 30)
      assert.include(reason.message, "raise the call's timeout")
      assert.strictEqual(yield* client.Ask({ text: "still" }), "still")
    })
  )
})

describe("Incompatible", () => {
  const Another = Protocol.make("factory", { version, server: Office.server, client: Office.client })
  const Later = Protocol.make("office", { version: "2.0.0", server: Office.server, client: Office.client })

  for (const [protocol, remote] of [
    [Another, "factory 1.0.0"],
    [Later, "office 2.0.0"]
  ] as const) {
    it.live(`tells both names and versions: a server of ${remote}`, () =>
      Effect.gen(function* () {
        const faults: Array<IpcError> = []
        const onFault = (error: IpcError) => Effect.sync(() => faults.push(error))
        const handlers = Handlers.layer(protocol)(staff)
        const { path } = yield* Effect.provide(serve(protocol, { onFault }), handlers)
        const client = yield* dial(Office, path)
        const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Incompatible")
        assert.deepStrictEqual([reason.local, reason.remote], ["office 1.0.0", remote])
        assert.include(reason.message, "upgrade one of them, or connect elsewhere")
        yield* Effect.sleep(20)
        assert.deepInclude(reasonOf(faults[0], "Incompatible"), { local: remote, remote: "office 1.0.0" })
      })
    )
  }

  it.live("tells of another version of the wire", () =>
    Effect.gen(function* () {
      const path = yield* rawServer((raw) => raw.say(hello("office", ["Tick"], { wireVersion: 2 })))
      const client = yield* dial(Office, path)
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Incompatible")
      assert.deepStrictEqual([reason.local, reason.remote], ["wire version 1", "wire version 2"])
    })
  )
})

describe("Unauthorized", () => {
  const secret = Redacted.make("open sesame")
  for (const [name, given, detail] of [
    ["missing", undefined, "no secret was sent; both sides need the same"],
    ["wrong", Redacted.make("open sesam"), "the secret is wrong; both sides need the same"]
  ] as const) {
    it.live(`tells that the secret is ${name}, and does not tell the secret`, () =>
      Effect.gen(function* () {
        const faults: Array<IpcError> = []
        const onFault = (error: IpcError) => Effect.sync(() => faults.push(error))
        const { path } = yield* Effect.provide(serve(Office, { onFault, secret }), layer())
        const client = yield* dial(Office, path, { secret: given })
        const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Unauthorized")
        assert.deepStrictEqual([reason.side, reason.detail], ["remote", detail])
        assert.include(reason.message, "secret")
        const friend = yield* dial(Office, path, { secret })
        assert.strictEqual(yield* friend.Ask({ text: "friend" }), "friend")
        assert.strictEqual(reasonOf(faults[0], "Unauthorized").side, "local")
        assert.notInclude(JSON.stringify([faults, reason]), "sesam")
      })
    )
  }
})

describe("Unauthorized over TCP", () => {
  for (const [name, given, side, detail] of [
    ["has no secret", undefined, "local", "only one side has a secret to prove; both need the same"],
    ["cannot prove the secret", Redacted.make("open sesam"), "remote", "the secret is wrong; both sides need the same"]
  ] as const) {
    it.live(`tells both sides that the client ${name}`, () =>
      Effect.gen(function* () {
        const heard = yield* Deferred.make<IpcError>()
        const onFault = (error: IpcError) => Deferred.succeed(heard, error)
        const secret = Redacted.make("open sesame")
        const listener = yield* Layer.build(Tcp.layerListener({ port: 0 }))
        const serving = RpcServer.run(Office, { secret, onFault }).pipe(Effect.provide([layer()]))
        yield* Effect.forkScoped(Effect.provide(serving, listener))
        const { port } = Context.get(listener, Tcp.Bound)
        const client = yield* Effect.provide(RpcClient.make(Office, { secret: given }), Tcp.layer({ port }))
        const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Unauthorized")
        assert.deepStrictEqual([reason.address, reason.side], [`tcp:127.0.0.1:${port}`, side])
        assert.strictEqual(reason.detail, detail)
        assert.strictEqual(reasonOf(yield* Deferred.await(heard), "Unauthorized").side, "local")
      })
    )
  }
})

/** The same names on both sides, with schemas that differ in one part: as after an upgrade of one side. */
describe("InvalidPayload", () => {
  class Wrong extends Schema.TaggedError<Wrong>()("Wrong", { code: Schema.Int }) {}
  class Loose extends Schema.TaggedError<Loose>()("Wrong", { code: Schema.Unknown }) {}

  const protocolOf = (of: { readonly value: Schema.Codec<any>; readonly error: Schema.Codec<any> }) => {
    class Payload extends Request.Class<Payload>()("Payload", { payload: { value: of.value } }) {}
    class Success extends Request.Class<Success>()("Success", { success: of.value }) {}
    class Failure extends Request.Class<Failure>()("Failure", { error: of.error }) {}
    class Item extends Request.Class<Item>()("Item", { stream: of.value }) {}
    class Input extends Request.Class<Input>()("Input", { input: of.value }) {}
    class Progress extends Request.Class<Progress>()("Progress", { progress: of.value }) {}
    return Protocol.make("parts", { version, server: [Payload, Success, Failure, Item, Input, Progress] })
  }
  const Strict = protocolOf({ value: Schema.Int, error: Wrong })
  const Careless = protocolOf({ value: Schema.Unknown, error: Loose })

  /** Handlers that answer what does not fit the strict protocol. */
  const handlersOf = (protocol: typeof Strict) =>
    Handlers.layer(protocol)({
      Payload: () => Effect.void,
      Success: () => Effect.succeed("text" as never),
      Failure: () => Effect.fail(new Loose({ code: "text" })),
      Item: () => Stream.make(1, "text" as never),
      Input: (_, { input }) => Effect.orDie(Stream.runDrain(input)),
      Progress: (_, { report }) => report("text" as never)
    })

  /** A call of each part that goes wrong, when the client does not look at what it sends, or at what it gets. */
  const calls = {
    payload: (client: PartsClient) => client.Payload({ value: "text" }),
    success: (client: PartsClient) => client.Success(),
    error: (client: PartsClient) => client.Failure(),
    item: (client: PartsClient) => Stream.runDrain(client.Item()),
    input: (client: PartsClient) => client.Input({}, { input: Stream.make(1, "text") }),
    progress: (client: PartsClient) => client.Progress({}, { onProgress: () => Effect.void })
  }
  type PartsClient = Effect.Success<ReturnType<typeof RpcClient.make<typeof Careless>>>

  const table: ReadonlyArray<readonly [keyof typeof calls, typeof Strict, typeof Strict, "local" | "remote"]> = [
    ["payload", Strict, Careless, "local"],
    ["payload", Careless, Strict, "remote"],
    ["input", Strict, Careless, "local"],
    ["input", Careless, Strict, "remote"],
    ["success", Strict, Careless, "local"],
    ["success", Careless, Strict, "remote"],
    ["error", Strict, Careless, "local"],
    ["error", Careless, Strict, "remote"],
    ["item", Strict, Careless, "local"],
    ["item", Careless, Strict, "remote"],
    ["progress", Strict, Careless, "local"]
  ]
  for (const [part, clientSide, serverSide, side] of table) {
    it.live(
      `of the ${part} is found ${side === "local" ? "by this side" : "by the peer"}, and ends its call alone`,
      () =>
        Effect.gen(function* () {
          const { path } = yield* Effect.provide(serve(serverSide), handlersOf(serverSide))
          const client = yield* dial(clientSide, path)
          const other = yield* Effect.forkChild(client.Input({}, { input: Stream.make(1, 2, 3) }), started)
          const reason = reasonOf(yield* Effect.flip(calls[part](client)), "InvalidPayload")
          assert.deepStrictEqual([reason.side, reason.part], [side, part])
          assert.include(reason.message, side === "local" ? "this side found" : "the peer found")
          yield* Fiber.join(other)
          yield* client.Payload({ value: 5 })
        })
    )
  }

  it.live("of progress is the handler's own bug where it reports", () =>
    Effect.gen(function* () {
      const { path } = yield* Effect.provide(serve(Strict), handlersOf(Strict))
      const client = yield* dial(Careless, path)
      assert.include(reasonOf(yield* Effect.flip(client.Progress()), "RemoteDefect").message, "progress")
    })
  )
})

describe("UnknownMethod", () => {
  it.live("tells that the server is older, and the call did not start", () =>
    Effect.gen(function* () {
      class Fax extends Request.Class<Fax>()("Fax", { success: Schema.String }) {}
      class Telex extends Request.Class<Telex>()("Telex", { stream: Schema.String }) {}
      const Newer = Protocol.make("office", {
        version: "1.1.0",
        server: [Fax, Telex, ...Office.server],
        client: Office.client
      })
      const { path } = yield* Effect.provide(serve(Office), layer())
      const client = yield* dial(Newer, path)
      const reason = reasonOf(yield* Effect.flip(client.Fax()), "UnknownMethod")
      assert.deepStrictEqual([reason.side, reason.method], ["remote", "Fax"])
      assert.include(reason.message, "its version of the protocol differs")
      reasonOf(yield* Effect.flip(Stream.runDrain(client.Telex())), "UnknownMethod")
      assert.strictEqual(yield* client.Ask({ text: "known" }), "known")
    })
  )
})

describe("Oversized", () => {
  const text = "x".repeat(100_000)
  const maxFrameBytes = 65_536

  it.live("fails a call that is too large for the server before it leaves, and no other", () =>
    Effect.gen(function* () {
      const { path } = yield* Effect.provide(serve(Office, { maxFrameBytes }), layer())
      const client = yield* dial(Office, path)
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text })), "Oversized")
      assert.deepStrictEqual([reason.side, reason.maxBytes, reason.method], ["local", maxFrameBytes, "Ask"])
      assert.isAtLeast(reason.bytes, 100_000)
      assert.include(reason.message, "send it as a stream, or raise maxFrameBytes at the side that reads it")
      const block = new Uint8Array(100_000)
      const input = Stream.make(new Uint8Array(10), block)
      assert.strictEqual(reasonOf(yield* Effect.flip(client.Send({}, { input })), "Oversized").side, "local")
      assert.strictEqual(yield* client.Ask({ text: "small" }), "small")
    })
  )

  it.live("fails a call whose answer is too large for the client, and no other", () =>
    Effect.gen(function* () {
      const { path } = yield* Effect.provide(
        serve(Office),
        layer({ Ask: ({ text: asked }) => Effect.succeed(asked || text) })
      )
      const client = yield* dial(Office, path, { maxFrameBytes })
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Oversized")
      assert.deepStrictEqual([reason.side, reason.maxBytes, reason.method], ["remote", maxFrameBytes, "Ask"])
      assert.strictEqual(yield* client.Ask({ text: "small" }), "small")
    })
  )

  it.live("refuses a frame that came all the same, by the id in its header", () =>
    Effect.gen(function* () {
      const { path } = yield* Effect.provide(serve(Office, { maxFrameBytes }), layer())
      const { raw } = yield* dialRaw(path)
      raw.say(
        hello("office", clientSays),
        request(9, numbers.Ask, { text }),
        request(10, numbers.Ask, { text: "small" })
      )
      const refusal = yield* raw.next("Defect")
      assert.strictEqual(refusal.id, 9)
      assert.deepInclude(JSON.parse(refusal.text), { _tag: "Oversized", maxBytes: maxFrameBytes })
      assert.strictEqual((yield* raw.next("Success")).id, 10)
    })
  )
})

describe("Overloaded", () => {
  it.live("refuses the calls of a peer that asks more than it may; a client waits instead", () =>
    Effect.gen(function* () {
      const { path } = yield* Effect.provide(
        serve(Office, { maxCallsInFlight: 16 }),
        layer({ Ask: ({ text }) => (text === "" ? Effect.never : Effect.succeed(text)) })
      )
      const { raw } = yield* dialRaw(path)
      raw.say(hello("office", clientSays), ...count(18).map((n) => request(n + 1, numbers.Ask, { text: "" })))
      for (const id of [17, 18]) {
        const refusal = yield* raw.next("Defect")
        assert.strictEqual(refusal.id, id)
        assert.deepStrictEqual(JSON.parse(refusal.text), { _tag: "Overloaded", what: "calls in flight", limit: 16 })
      }
      const client = yield* dial(Office, path)
      const hanging = yield* Effect.forEach(count(16), () => Effect.forkChild(client.Ask({ text: "" }), started))
      const waiting = yield* Effect.forkChild(client.Ask({ text: "patient" }), started)
      yield* Effect.sleep(20)
      assert.isUndefined(waiting.pollUnsafe())
      yield* Fiber.interrupt(hanging[0]!)
      assert.strictEqual(yield* Fiber.join(waiting), "patient")
    })
  )

  it.live("fails the events of a subscriber that lags, and nothing else", () =>
    Effect.gen(function* () {
      class Bell extends Event.Class<Bell>()("Bell", { n: Schema.Int }) {}
      class Ring extends Request.Class<Ring>()("Ring", { payload: { times: Schema.Int } }) {}
      const Tower = Protocol.make("tower", { version, server: [Ring], client: [Bell] })
      const handlers = Handlers.layer(Tower)({
        Ring: ({ times }, { caller }) =>
          Effect.orDie(Effect.forEach(count(times), (n) => caller.emit(new Bell({ n })), { discard: true }))
      })
      const { path } = yield* Effect.provide(serve(Tower), handlers)
      const client = yield* dial(Tower, path, { eventBuffer: 5 })
      const slow = yield* Effect.forkChild(
        Stream.runForEach(client.events(Bell), () => Effect.sleep(50)),
        started
      )
      yield* client.Ring({ times: 20 })
      const reason = reasonOfExit(yield* Fiber.await(slow), "Overloaded")
      assert.deepStrictEqual([reason.side, reason.limit], ["local", 5])
      assert.include(reason.message, "try again later, or raise it")
      yield* client.Ring({ times: 1 })
    })
  )
})

describe("Draining", () => {
  it.live("refuses what comes later, which is safe to send again, and answers what runs", () =>
    Effect.gen(function* () {
      const { path, running } = yield* Effect.provide(
        serve(Office),
        layer({ Ask: ({ text }) => Effect.as(text === "slow" ? Effect.sleep(150) : Effect.void, text) })
      )
      const client = yield* dial(Office, path)
      yield* client.Ask({ text: "quick" })
      const slow = yield* Effect.forkChild(client.Ask({ text: "slow" }), started)
      yield* Effect.sleep(20)
      yield* Effect.forkChild(Fiber.interrupt(running), started)
      const reason = reasonOf(yield* Effect.flip(Effect.forever(client.Ask({ text: "" }))), "Draining")
      assert.strictEqual(reason.side, "remote")
      assert.include(reason.message, `unix:${path} is closing and takes no new calls`)
      assert.strictEqual(yield* Fiber.join(slow), "slow")
    })
  )
})

describe("Malformed", () => {
  it.live("tells of an answer that is none, and ends its call alone", () =>
    Effect.gen(function* () {
      const path = yield* rawServer((raw) => {
        raw.say(hello("office", ["Tick"]))
        Effect.runFork(
          Effect.gen(function* () {
            const [first, second] = [yield* raw.next("Request"), yield* raw.next("Request")]
            raw.say(frame("Success", { id: first.id, number: numbers.Upload, body: "5" }))
            raw.say(frame("Success", { id: second.id, number: numbers.Ask, body: `"fine"` }))
          })
        )
      })
      const client = yield* dial(Office, path)
      const [wrong, fine] = yield* Effect.all([Effect.flip(client.Ask({ text: "1" })), client.Ask({ text: "2" })], {
        concurrency: 2
      })
      const reason = reasonOf(wrong, "Malformed")
      assert.strictEqual(reason.side, "local")
      assert.include(reason.message, "the answer is one to another method")
      assert.strictEqual(fine, "fine")
    })
  )
})

describe("RemoteDefect", () => {
  it.live("tells what died, keeps the stack at home, and ends its call alone", () =>
    Effect.gen(function* () {
      const Ask = ({ text }: { readonly text: string }) =>
        text === "" ? Effect.die(new RangeError("index 7 is out of range")) : Effect.succeed(text)
      const { path } = yield* Effect.provide(serve(Office), layer({ Ask }))
      const client = yield* dial(Office, path)
      const reason = reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "RemoteDefect")
      assert.strictEqual(reason.detail, "RangeError: index 7 is out of range")
      assert.notProperty(reason, "stackText")
      assert.strictEqual(yield* client.Ask({ text: "still" }), "still")
    })
  )
})

describe("Unsayable", () => {
  it.live("names the request and what the wire lacks, before anything is opened", () =>
    Effect.gen(function* () {
      const native = Native.wire()
      const wire = { ...native, name: "plain", can: { ...native.can, input: false } }
      const transport = UnixSocket.layer({ path: "/no/such/socket", wire })
      const reason = reasonOf(yield* Effect.flip(Effect.provide(RpcClient.make(Office), transport)), "Unsayable")
      assert.deepStrictEqual([reason.method, reason.detail], ["Upload", "the wire plain has no inputs"])
    })
  )
})
