import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import * as TestClock from "effect/testing/TestClock"
import { once } from "node:events"
import * as Net from "node:net"
import * as Os from "node:os"
import * as SocketLink from "../../../src/node/SocketLink.ts"
import * as Tcp from "../../../src/node/Tcp.ts"
import * as Handlers from "../../../src/peer/Handlers.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as RpcServer from "../../../src/peer/RpcServer.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import { Listener, Transport } from "../../../src/transport/Transport.ts"
import { patternOf } from "../../fixtures/links/behaviour.ts"
import { dial, portOf } from "../../fixtures/links/misfits.ts"
import { tls } from "../../fixtures/tls/tls.ts"
import { reasonOf } from "../../peer/reasons.ts"
import { record } from "../../transport/suite.ts"

type ServerOptions = Partial<Parameters<typeof Tcp.layerListener>[0]>

/** A listener, and where it is. */
const listen = (options: ServerOptions = {}) =>
  Effect.map(Layer.build(Tcp.layerListener({ port: 0, ...options })), (context) => ({
    ...Context.get(context, Listener),
    bound: Context.get(context, Tcp.Bound)
  }))

class Ask extends Request.Class<Ask>()("Ask", { success: Schema.Int }) {}
const Office = Protocol.make("office", { version: "1.0.0", server: [Ask] })

/** Asks a server with these options, as a client with those. */
const asked = (server: ServerOptions, client: Omit<Parameters<typeof Tcp.layer>[0], "port">) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(Tcp.layerListener({ port: 0, ...server }))
    const handlers = Handlers.layer(Office)({ Ask: () => Effect.succeed(42) })
    yield* Effect.forkScoped(RpcServer.run(Office).pipe(Effect.provide(handlers), Effect.provide(context)))
    const transport = Tcp.layer({ port: Context.get(context, Tcp.Bound).port, ...client })
    const office = yield* Effect.provide(RpcClient.make(Office), transport)
    return yield* office.Ask()
  }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))

describe("a listener", () => {
  it.live("takes a free port for port 0 on loopback, and tells which", () =>
    Effect.gen(function* () {
      const server = yield* listen()
      assert.strictEqual(server.bound.host, "127.0.0.1")
      assert.isAbove(server.bound.port, 1023)
      assert.strictEqual(server.address, `tcp:127.0.0.1:${server.bound.port}`)
      const near = yield* dial({ port: server.bound.port, host: "localhost" })
      assert.strictEqual(near.address, `tcp:localhost:${server.bound.port}`)
    })
  )

  it.live("names who dialled", () =>
    Effect.gen(function* () {
      const server = yield* listen()
      const socket = Net.connect({ port: server.bound.port, host: "127.0.0.1" })
      const far = yield* server.accept
      assert.strictEqual(far.address, `tcp:127.0.0.1:${socket.localPort}`)
      socket.destroy()
    })
  )

  const hasIpv6 = Object.values(Os.networkInterfaces()).some((each) => each?.some(({ address }) => address === "::1"))
  it.live.runIf(hasIpv6)("listens on loopback of IP version 6, and is dialled there", () =>
    Effect.gen(function* () {
      const server = yield* listen({ host: "::1", tls: tls.here })
      assert.strictEqual(server.address, `tls:[::1]:${server.bound.port}`)
      const client = { ...tls.trusting, servername: "localhost" }
      const near = yield* dial({ port: server.bound.port, host: "::1", tls: client })
      near.offer(patternOf(10))
      const recorder = record(yield* server.accept)
      yield* recorder.until(() => recorder.bytes === 10)
    })
  )

  it.live("keeps what a TLS client sent that left before it was accepted", () =>
    Effect.gen(function* () {
      const server = yield* listen({ tls: tls.here })
      const { port } = server.bound
      yield* Effect.scoped(Effect.map(dial({ port, tls: tls.trusting }), (near) => near.offer(patternOf(50_000))))
      const recorder = record(yield* server.accept)
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.strictEqual(recorder.bytes, 50_000)
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Ended" }])
    })
  )

  it.live("drops who is in a handshake when it closes, ends accept, and keeps who was accepted", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const server = yield* Scope.provide(listen({ tls: tls.here }), scope)
      const { port } = server.bound
      const near = yield* dial({ port, tls: tls.trusting })
      const recorder = record(yield* server.accept)
      const silent = Net.connect({ port, host: "127.0.0.1" })
      silent.on("error", () => {})
      yield* Effect.promise(() => once(silent, "connect"))
      yield* Effect.sleep(10)
      const closed = once(silent.resume(), "close")
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(Cause.isDone(yield* Effect.flip(server.accept)))
      yield* Effect.promise(() => closed)
      near.offer(patternOf(5))
      yield* recorder.until(() => recorder.bytes === 5)
    })
  )

  it.live("holds no more unfinished handshakes than its backlog, each for a bounded time", () =>
    Effect.gen(function* () {
      const server = yield* listen({ tls: { ...tls.here, handshakeTimeout: 100 }, backlog: 1 })
      const { port } = server.bound
      const silent = Net.connect({ port, host: "127.0.0.1" }).on("error", () => {})
      yield* Effect.promise(() => once(silent, "connect"))
      const error = yield* Effect.flip(Effect.scoped(dial({ port, tls: tls.trusting })))
      assert.match(String(error), /hung up during the TLS handshake/)
      yield* Effect.promise(() => once(silent.resume(), "close"))
      yield* dial({ port, tls: tls.trusting })
      yield* server.accept
    }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
  )
})

describe("dialling", () => {
  it.effect("is not over when a test clock says so, but in real time", () =>
    Effect.gen(function* () {
      const silent = yield* portOf(() => {})
      const patient = yield* Effect.forkChild(dial({ port: silent, tls: tls.trusting }), { startImmediately: true })
      const opening = SocketLink.fromSocket(Socket.make({ reader: Effect.never, writer: Effect.never }))
      const waiting = yield* Effect.forkChild(opening, { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([patient.pollUnsafe(), waiting.pollUnsafe()], [undefined, undefined])
      const late = yield* Effect.flip(dial({ port: silent, tls: tls.trusting, openTimeout: "20 millis" }))
      assert.match(String(late), /within 20ms/)
    })
  )
})

describe("peers over TCP", () => {
  it.live("have a heartbeat of 30 seconds unless they are told otherwise", () =>
    Effect.gen(function* () {
      const server = yield* listen()
      const { wire } = yield* Effect.provide(Transport, Tcp.layer({ port: server.bound.port }))
      assert.strictEqual(server.wire?.heartbeatMillis, 30_000)
      assert.strictEqual(wire?.heartbeatMillis, 30_000)
    })
  )

  it.live("tell a client without TLS what to do at a server with it", () =>
    Effect.gen(function* () {
      const reason = reasonOf(yield* Effect.flip(Effect.scoped(asked({ tls: tls.here }, {}))), "Disconnected")
      assert.match(reason.detail, /it speaks TLS; then set `tls`/)
    })
  )

  it.live("tell a client what to do where a server hangs up without a word, as TLS servers may", () =>
    Effect.gen(function* () {
      const port = yield* portOf((socket) => socket.once("data", () => socket.end()))
      const office = yield* Effect.provide(RpcClient.make(Office), Tcp.layer({ port }))
      const reason = reasonOf(yield* Effect.flip(office.Ask()), "Disconnected")
      assert.match(reason.detail, /it speaks TLS; then set `tls`/)
    })
  )

  it.live("say nothing of TLS where a server leaves that has spoken", () =>
    Effect.gen(function* () {
      const port = yield* portOf((socket) => socket.end("longer than an alert"))
      const recorder = record(yield* dial({ port }))
      yield* recorder.until(() => recorder.ends.length > 0)
      assert.deepStrictEqual(recorder.ends, [{ _tag: "Ended" }])
    })
  )

  it.live("know each other by certificates on both sides", () =>
    Effect.gen(function* () {
      const server = { tls: { ...tls.here, ...tls.trusting, requestCert: true } }
      const known = yield* Effect.scoped(asked(server, { tls: { ...tls.trusting, ...tls.elsewhere } }))
      assert.strictEqual(known, 42)
      const stranger = yield* Effect.flip(Effect.scoped(asked(server, { tls: tls.trusting })))
      assert.match(
        reasonOf(stranger, "Disconnected").detail,
        /wants a certificate of this side: `tls: \{ key, cert \}`/
      )
    })
  )

  it.live("go on after a handshake that failed", () =>
    Effect.gen(function* () {
      const server = yield* listen({ tls: tls.here })
      const { port } = server.bound
      yield* Effect.flip(Effect.scoped(dial({ port, tls: {} })))
      yield* dial({ port, tls: tls.trusting })
      yield* server.accept
    }).pipe(Effect.provideService(References.MinimumLogLevel, "None"))
  )
})
