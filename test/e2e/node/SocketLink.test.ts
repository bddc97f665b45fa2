import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as NodeWS from "@effect/platform-node/NodeWS"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { SocketServer } from "effect/socket/SocketServer"
import { once } from "node:events"
import type * as Net from "node:net"
import * as SocketLink from "../../../src/node/SocketLink.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import type { EndReason } from "../../../src/transport/Link.ts"
import { Listener } from "../../../src/transport/Transport.ts"
import { portOf } from "../../fixtures/links/misfits.ts"
import { reasonOf } from "../../peer/reasons.ts"
import { record } from "../../transport/suite.ts"

/** A plain WebSocket server that does with each connection as told, and where it is. */
const serverOf = (onConnection: (socket: NodeWS.WebSocket) => void) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<NodeWS.WebSocketServer>((resume) => {
        const server = new NodeWS.WebSocketServer({ port: 0, host: "127.0.0.1" })
        server.on("connection", onConnection)
        server.on("listening", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          for (const client of server.clients) client.terminate()
          server.close()
        })
    ),
    (server) => `ws://127.0.0.1:${(server.address() as Net.AddressInfo).port}`
  )

const webSocket = (url: string) => Layer.provide(Socket.layerWebSocket(url), NodeWS.layerWebSocketConstructor)

const openAt = (url: string) =>
  Effect.flatMap(Socket.Socket, (socket) => SocketLink.fromSocket(socket)).pipe(Effect.provide(webSocket(url)))

/** A listener over WebSockets, and where it is. */
const listen = (options?: Parameters<typeof SocketLink.layerListener>[0]) =>
  Effect.gen(function* () {
    const server = yield* Layer.build(NodeSocketServer.layerWebSocket({ port: 0, host: "127.0.0.1" }))
    const context = yield* Effect.provide(Layer.build(SocketLink.layerListener(options)), server)
    return { ...Context.get(context, Listener), url: `ws://${Context.get(server, SocketServer).address}` }
  })

/** A socket that a test holds in its hands. */
const held = Effect.gen(function* () {
  const incoming = yield* Queue.unbounded<
    readonly [Uint8Array | string, ...Array<Uint8Array | string>],
    Socket.SocketError
  >()
  const written: Array<Uint8Array> = []
  const writing = { write: Effect.void as Effect.Effect<void, Socket.SocketError> }
  const writeAll = (chunks: ReadonlyArray<Uint8Array | string>) =>
    Effect.andThen(
      Effect.suspend(() => writing.write),
      Effect.sync(() => void written.push(...(chunks as ReadonlyArray<Uint8Array>)))
    )
  const socket = Socket.make({
    reader: Effect.succeed({ pull: Queue.take(incoming), upgrade: Socket.SocketUpgradeError.unsupported }),
    writer: Effect.succeed({ write: () => Effect.void, writeAll })
  })
  return { socket, incoming, written, writing }
})

const closed = (code: number) => new Socket.SocketError({ reason: new Socket.SocketCloseError({ code }) })

class Ask extends Request.Class<Ask>()("Ask", { success: Schema.Int }) {}
const Office = Protocol.make("office", { version: "1.0.0", server: [Ask] })

describe("a WebSocket that its peer closes", () => {
  it.live.each<readonly [string, (socket: NodeWS.WebSocket) => void, EndReason]>([
    ["with code 1000", (socket) => socket.close(1000), { _tag: "Ended" }],
    ["with no code", (socket) => socket.close(), { _tag: "Ended" }],
    ["with code 1001", (socket) => socket.close(1001), { _tag: "Ended", detail: "close code 1001" }],
    [
      "with words",
      (socket) => socket.close(1000, "good night"),
      { _tag: "Ended", detail: "close code 1000: good night" }
    ],
    [
      "with code 1011",
      (socket) => socket.close(1011, "out of paper"),
      { _tag: "Broken", stage: "read", detail: "close code 1011: out of paper" }
    ],
    [
      "without a close frame",
      (socket) => socket.terminate(),
      { _tag: "Broken", stage: "read", detail: "close code 1006" }
    ]
  ])("%s ends the link and tells so", ([, close, reason]) =>
    Effect.gen(function* () {
      const url = yield* serverOf((socket) => {
        socket.send("last words")
        // Those must have left.
        setTimeout(() => close(socket), 5)
      })
      const recorder = record(yield* openAt(url))
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.strictEqual(Buffer.concat(recorder.chunks).toString(), "last words")
      assert.deepStrictEqual(recorder.ends, [reason])
    })
  )

  it.live("during Hello fails the calls with a Disconnected that tells the code", () =>
    Effect.gen(function* () {
      const url = yield* serverOf((socket) => socket.on("message", () => socket.close(4001, "not you")))
      const transport = Layer.provide(SocketLink.layer({ address: url }), webSocket(url))
      const office = yield* Effect.provide(RpcClient.make(Office), transport)
      const reason = reasonOf(yield* Effect.flip(office.Ask()), "Disconnected")
      assert.strictEqual(reason.address, url)
      assert.include(reason.detail, "close code 4001: not you")
    })
  )
})

describe("a listener over WebSockets", () => {
  it.live("drops those beyond its backlog, and skips those that are gone before they are accepted", () =>
    Effect.gen(function* () {
      const listener = yield* listen({ backlog: 2, address: "office" })
      const leaver = new NodeWS.WebSocket(listener.url)
      yield* Effect.promise(() => once(leaver, "open"))
      const near = yield* openAt(listener.url)
      const dropped = record(yield* openAt(listener.url))
      yield* dropped.until(() => dropped.ends.length > 0)
      leaver.terminate()
      yield* Effect.sleep(20)
      const far = yield* listener.accept
      assert.strictEqual(far.address, "office")
      near.offer(Buffer.from("hello"))
      const recorder = record(far)
      yield* recorder.until(() => recorder.bytes === 5)
    })
  )

  it.live("drops who was not accepted when it closes, and ends accept", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const listener = yield* Scope.provide(listen(), scope)
      const waiting = record(yield* openAt(listener.url))
      yield* Effect.sleep(10)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Cause.isDone(yield* Effect.flip(listener.accept)))
      yield* waiting.until(() => waiting.ends.length > 0)
    })
  )
})

describe("a link over a socket", () => {
  it.live("answers false above its mark, and says when the socket has taken all", () =>
    Effect.gen(function* () {
      const { socket, writing, written } = yield* held
      const taken = yield* Queue.unbounded<void>()
      const permits = yield* Queue.unbounded<void>()
      writing.write = Effect.andThen(Queue.offer(taken, undefined), Queue.take(permits))
      const link = yield* SocketLink.fromSocket(socket, { outgoingHighBytes: 10 })
      const recorder = record(link)
      const slab = Buffer.from("0123456789")
      assert.isTrue(link.offer(slab))
      yield* Queue.take(taken)
      assert.isFalse(link.offer(slab.subarray(0, 1)))
      assert.strictEqual(link.queuedBytes, 11)
      slab.fill("x")
      yield* Queue.offer(permits, undefined)
      yield* Queue.take(taken)
      assert.deepStrictEqual([link.queuedBytes, recorder.drained], [1, 0])
      yield* Queue.offer(permits, undefined)
      yield* recorder.until(() => recorder.drained === 1)
      assert.strictEqual(link.queuedBytes, 0)
      assert.strictEqual(Buffer.concat(written).toString(), "01234567890")
    })
  )

  it.live("holds back a peer that it does not read, where the socket can", () =>
    Effect.gen(function* () {
      let flushed = false
      const port = yield* portOf((near) => near.write(Buffer.alloc(32 * 1024 * 1024), () => (flushed = true)))
      const link = yield* SocketLink.fromSocket(yield* NodeSocket.makeNet({ port, host: "127.0.0.1" }))
      let holding = true
      const recorder = record(link, { bytes: () => holding && link.pause(), keep: false })
      yield* recorder.until(() => recorder.bytes > 0)
      const read = recorder.bytes
      yield* Effect.sleep(50)
      assert.strictEqual(recorder.bytes, read)
      assert.isFalse(flushed)
      holding = false
      link.resume()
      yield* recorder.until(() => recorder.bytes === 32 * 1024 * 1024)
    })
  )

  it.live("ends with the socket's reason when a write fails, or with the write's if it has none", () =>
    Effect.gen(function* () {
      const failure = new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause: new Error("no cable") }) })
      const first = yield* held
      first.writing.write = Effect.fail(failure)
      const telling = yield* SocketLink.fromSocket(first.socket)
      const told = record(telling)
      telling.offer(Buffer.from("lost"))
      yield* Effect.sleep(5)
      assert.deepStrictEqual([telling.queuedBytes, told.ends.length], [0, 0])
      yield* Queue.offer(first.incoming, ["last words"])
      yield* Queue.fail(first.incoming, closed(1011))
      yield* told.until(() => told.ends.length > 0)
      assert.strictEqual(Buffer.concat(told.chunks).toString(), "last words")
      assert.deepStrictEqual(told.ends, [{ _tag: "Broken", stage: "read", detail: "close code 1011" }])

      const second = yield* held
      second.writing.write = Effect.fail(failure)
      const mute = yield* SocketLink.fromSocket(second.socket)
      const silent = record(mute)
      mute.offer(Buffer.from("lost"))
      yield* silent.until(() => silent.ends.length > 0)
      assert.deepStrictEqual(silent.ends, [{ _tag: "Broken", stage: "write", detail: "no cable" }])
    })
  )

  it.live("closes within its flush time when the socket takes nothing", () =>
    Effect.gen(function* () {
      const { socket, writing } = yield* held
      writing.write = Effect.never
      const scope = yield* Scope.make()
      const link = yield* Scope.provide(SocketLink.fromSocket(socket, { flushFor: "50 millis" }), scope)
      const recorder = record(link)
      link.offer(Buffer.from("stuck"))
      const startedAt = performance.now()
      yield* Scope.close(scope, Exit.void)
      assert.isBelow(performance.now() - startedAt, 1000)
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Closed" }])
    })
  )

  it.live("holds nothing, and closes at once, when a write is done only after the socket has ended", () =>
    Effect.gen(function* () {
      const { incoming, socket, writing } = yield* held
      const done = yield* Deferred.make<void>()
      writing.write = Deferred.await(done)
      const scope = yield* Scope.make()
      const link = yield* Scope.provide(SocketLink.fromSocket(socket), scope)
      const recorder = record(link)
      link.offer(Buffer.from("late"))
      yield* Effect.sleep(1)
      yield* Queue.fail(incoming, closed(1000))
      yield* recorder.until(() => recorder.ends.length > 0)
      yield* Deferred.succeed(done, undefined)
      yield* Effect.sleep(1)
      assert.strictEqual(link.queuedBytes, 0)
      const startedAt = performance.now()
      yield* Scope.close(scope, Exit.void)
      assert.isBelow(performance.now() - startedAt, 1000)
    })
  )

  it.live("ends when the socket throws", () =>
    Effect.gen(function* () {
      const reading = yield* held
      const broken = Effect.die(new Error("a bug of its own"))
      const reader = Effect.succeed({ pull: broken, upgrade: Socket.SocketUpgradeError.unsupported })
      const ended = record(yield* SocketLink.fromSocket({ ...reading.socket, reader }))
      yield* ended.until(() => ended.ends.length > 0)
      assert.deepStrictEqual(ended.ends, [{ _tag: "Broken", stage: "read", detail: "a bug of its own" }])

      const { socket, writing } = yield* held
      writing.write = broken
      const link = yield* SocketLink.fromSocket(socket)
      const recorder = record(link)
      link.offer(Buffer.from("lost"))
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Broken", stage: "write", detail: "a bug of its own" }])
    })
  )

  it.live("looks no longer for why a write failed once it is closed, although it was paused", () =>
    Effect.gen(function* () {
      const { socket, writing } = yield* held
      writing.write = Effect.fail(new Socket.SocketError({ reason: new Socket.SocketWriteError({ cause: undefined }) }))
      const timers = vi.spyOn(globalThis, "setTimeout")
      const looks = () => timers.mock.calls.filter(([, millis]) => millis === 1000).length
      yield* Effect.scoped(
        Effect.gen(function* () {
          const link = yield* SocketLink.fromSocket(socket)
          record(link)
          link.pause()
          link.offer(Buffer.from("lost"))
          yield* Effect.sleep(5)
        })
      )
      const before = looks()
      assert.isAbove(before, 0)
      yield* Effect.sleep(1050)
      assert.strictEqual(looks(), before)
      timers.mockRestore()
    })
  )
})

it.live("an accept that waits keeps nothing of the sockets that it skipped", () =>
  Effect.gen(function* () {
    const gone = Socket.make({ reader: Effect.fail(closed(1006)), writer: Effect.never })
    const { socket } = yield* held
    const server = SocketServer.of({
      address: "here",
      run: (handle: (socket: Socket.Socket) => Effect.Effect<void>) =>
        Effect.andThen(
          Effect.forEach([...Array.from({ length: 100 }, () => gone), socket], handle, { concurrency: "unbounded" }),
          Effect.never
        )
    } as never)
    const context = yield* Effect.provideService(Layer.build(SocketLink.layerListener()), SocketServer, server)
    const scope = yield* Scope.make()
    yield* Scope.provide(Context.get(context, Listener).accept, scope)
    assert.isBelow(scope.state._tag === "Open" ? (scope.state.finalizers?.size ?? 0) : 0, 5)
    yield* Scope.close(scope, Exit.void)
  })
)
