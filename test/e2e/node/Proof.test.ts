/** A secret over TCP, seen by one who sits between the two sides and takes down every byte. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Net from "node:net"
import * as DuplexLink from "../../../src/node/DuplexLink.ts"
import * as NodeWire from "../../../src/node/NodeWire.ts"
import * as Proof from "../../../src/node/Proof.ts"
import * as Tcp from "../../../src/node/Tcp.ts"
import type { IpcError } from "../../../src/peer/IpcError.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import * as RpcServer from "../../../src/peer/RpcServer.ts"
import { Listener, Transport } from "../../../src/transport/Transport.ts"
import * as Native from "../../../src/wire/dialect/Native.ts"
import { tls } from "../../fixtures/tls/tls.ts"
import { clientSays, layer, Note, numbers, Office, Tick } from "../../peer/Office.ts"
import { frame, hello, Raw, request } from "../../peer/Raw.ts"
import { reasonOf } from "../../peer/reasons.ts"

const host = "127.0.0.1"
const text = "a secret that nobody else may see"
const secret = Redacted.make(text)
const nonce = "0123456789abcdef0123456789abcdef"

/** A TCP server on a port of its own, which hands over each socket. */
const listen = (onSocket: (socket: Net.Socket) => void): Effect.Effect<number, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sockets = new Set<Net.Socket>()
    const server = yield* Effect.acquireRelease(
      Effect.callback<Net.Server>((resume) => {
        const server = Net.createServer({ allowHalfOpen: true }, (socket) => {
          sockets.add(socket.on("error", () => {}))
          onSocket(socket)
        })
        server.listen(0, host, () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.sync(() => {
          server.close()
          for (const socket of sockets) socket.destroy()
        })
    )
    return (server.address() as Net.AddressInfo).port
  })

const connect = (port: number): Effect.Effect<Net.Socket> =>
  Effect.sync(() => Net.connect({ host, port, allowHalfOpen: true }).on("error", () => {}))

/** Serves the office in the scope, and answers the port. */
const serve = (options: RpcServer.Options<Office>) =>
  Effect.gen(function* () {
    const sockets = yield* Queue.unbounded<Net.Socket>()
    const port = yield* listen((socket) => Queue.offerUnsafe(sockets, socket))
    const address = `tcp:${host}:${port}`
    const accept = Effect.flatMap(Queue.take(sockets), (socket) => DuplexLink.fromDuplex(socket, { address }))
    const listener = Context.make(Listener, { address, wire: NodeWire.distantWire(), accept })
    yield* Effect.forkScoped(Effect.provide(RpcServer.run(Office, options), listener))
    return port
  })

const dial = (port: number, options: RpcClient.Options) => {
  const address = `tcp:${host}:${port}`
  const open = Effect.flatMap(connect(port), (socket) => DuplexLink.fromDuplex(socket, { address }))
  return Effect.provideService(RpcClient.make(Office, options), Transport, {
    address,
    wire: NodeWire.distantWire(),
    open
  })
}

/** One who passes everything on to the server at `port`, and takes it down. */
const recorder = (port: number) =>
  Effect.gen(function* () {
    const toServer: Array<Buffer> = []
    const toClient: Array<Buffer> = []
    const at = yield* listen((near) => {
      const far = Net.connect({ host, port, allowHalfOpen: true }).on("error", () => {})
      near.on("data", (chunk) => toServer.push(chunk)).pipe(far)
      far.on("data", (chunk) => toClient.push(chunk)).pipe(near)
    })
    return { port: at, toServer: () => Buffer.concat(toServer), toClient: () => Buffer.concat(toClient) }
  })

/** A server of raw sockets, in the place of the one that a client means. */
const impostor = (onSocket: (raw: Raw) => void) =>
  listen((socket) => {
    const raw = new Raw((bytes) => socket.write(bytes))
    socket.on("data", (chunk) => raw.hear(chunk)).on("close", () => raw.end())
    onSocket(raw)
  })

const dialRaw = (port: number) =>
  Effect.gen(function* () {
    const socket = yield* Effect.acquireRelease(connect(port), (socket) => Effect.sync(() => socket.destroy()))
    const raw = new Raw((bytes) => socket.write(bytes))
    socket.on("data", (chunk) => raw.hear(chunk)).on("close", () => raw.end())
    return raw
  })

const kinds = (raw: Raw) => raw.frames.map(({ kind }) => kind)

/** The office, and what its handlers were asked. */
const office = (options: RpcServer.Options<Office> = {}) => {
  const heard: Array<string> = []
  const met: Array<string> = []
  const faults: Array<IpcError> = []
  const started = serve({
    secret,
    onConnection: (caller) =>
      Effect.andThen(
        Effect.sync(() => met.push("met")),
        caller.emit(new Tick({ n: 1 }))
      ),
    onFault: (error) => Effect.sync(() => faults.push(error)),
    ...options
  }).pipe(
    Effect.provide(
      layer({
        Ask: ({ text }) => Effect.sync(() => (heard.push(text), text)),
        Note: ({ text }) => Effect.sync(() => void heard.push(text))
      })
    )
  )
  return Effect.map(started, (port) => ({ port, heard, met, faults }))
}

const unauthorized = (error: unknown, side: "local" | "remote", detail: string) => {
  const reason = reasonOf(error, "Unauthorized")
  assert.deepStrictEqual([reason.side, reason.detail], [side, detail])
  assert.include(reason.message, "secret")
  assert.notInclude(JSON.stringify(error), text)
}

const until = (condition: () => boolean) =>
  Effect.gen(function* () {
    while (!condition()) yield* Effect.sleep(5)
  }).pipe(Effect.timeout("5 seconds"))

describe("a secret over TCP", () => {
  it.live("opens the connection to who knows it, and is not among the bytes", () =>
    Effect.gen(function* () {
      const { heard, port } = yield* office()
      const wire = yield* recorder(port)
      const client = yield* dial(wire.port, { secret })
      const tick = yield* Effect.forkChild(Stream.runHead(client.events(Tick)))
      yield* client.emit(new Note({ text: "noted" }))
      assert.strictEqual(yield* client.Ask({ text: "plain" }), "plain")
      assert.deepStrictEqual(yield* Stream.runCollect(client.Follow({ total: 3 })), [1, 2, 3])
      assert.deepStrictEqual(
        Option.map(yield* Fiber.join(tick), ({ n }) => n),
        Option.some(1)
      )
      assert.deepStrictEqual(heard, ["noted", "plain"])
      for (const bytes of [wire.toServer(), wire.toClient()]) {
        assert.include(bytes.toString("latin1"), '"nonce":"')
        for (const form of ["utf8", "hex", "base64", "base64url"] as const) {
          assert.notInclude(bytes.toString("latin1"), Buffer.from(text).toString(form).slice(0, 24), form)
        }
      }
    })
  )

  it.live("keeps out who plays back what it has overheard", () =>
    Effect.gen(function* () {
      const { heard, met, port } = yield* office()
      const wire = yield* recorder(port)
      const client = yield* dial(wire.port, { secret })
      yield* client.Ask({ text: "once" })
      const thief = yield* dialRaw(port)
      thief.say(wire.toServer())
      yield* thief.until(() => thief.ended || thief.of("Bye").length > 0)
      assert.deepStrictEqual(kinds(thief), ["Hello", "Bye"])
      assert.include(thief.of("Bye")[0]!.text, "the secret is wrong; both sides need the same")
      assert.deepStrictEqual([heard, met], [["once"], ["met"]])
    })
  )

  for (const [name, given, local, remote] of [
    ["none", undefined, "only one side has a secret to prove; both need the same", "local"],
    ["another one", Redacted.make("another"), "the secret is wrong; both sides need the same", "remote"]
  ] as const) {
    it.live(`refuses on both sides who has ${name}, and runs nothing for it`, () =>
      Effect.gen(function* () {
        const { faults, heard, met, port } = yield* office()
        const client = yield* dial(port, { secret: given })
        const stream = yield* Effect.forkChild(Effect.flip(Stream.runDrain(client.events(Tick))))
        unauthorized(yield* Effect.flip(client.Ask({ text: "let me in" })), remote, local)
        unauthorized(yield* Fiber.join(stream), remote, local)
        unauthorized(yield* Effect.flip(client.emit(new Note({ text: "let me in" }))), remote, local)
        yield* until(() => faults.length > 0)
        unauthorized(faults[0], "local", local)
        assert.deepStrictEqual([heard, met], [[], []])
        const friend = yield* dial(port, { secret })
        assert.strictEqual(yield* friend.Ask({ text: "friend" }), "friend")
      })
    )
  }

  it.live("is not enough for a client whose server has none", () =>
    Effect.gen(function* () {
      const { heard, port } = yield* office({ secret: undefined })
      const client = yield* dial(port, { secret })
      const error = yield* Effect.flip(client.Ask({ text: "are you there" }))
      unauthorized(error, "local", "only one side has a secret to prove; both need the same")
      assert.deepStrictEqual(heard, [])
    })
  )
})

describe("a secret over TCP on a wire that cannot prove it", () => {
  const wire = Native.wire()

  it.live("is not sent: neither side opens, and both say what to do", () =>
    Effect.gen(function* () {
      let dialled = 0
      const port = yield* listen(() => dialled++)
      const client = RpcClient.make(Office, { secret, reconnect: Schedule.recurs(3) })
      const refusedClient = yield* Effect.flip(Effect.provide(client, Tcp.layer({ port, wire })))
      const server = Effect.provide(RpcServer.run(Office, { secret }), layer())
      const refusedServer = yield* Effect.flip(Effect.provide(server, Tcp.layerListener({ port: 0, wire })))
      for (const error of [refusedClient, refusedServer]) {
        const reason = reasonOf(error, "Unsayable")
        assert.match(reason.address, /^tcp:127\.0\.0\.1:\d+$/)
        assert.include(reason.message, "send the secret where others may read it; give the wire a proof")
        assert.include(reason.message, "or use TLS")
      }
      assert.strictEqual(dialled, 0)
    })
  )

  const asked = (
    server: Partial<Parameters<typeof Tcp.layerListener>[0]>,
    client: Partial<Parameters<typeof Tcp.layer>[0]>,
    given: Redacted.Redacted<string> | undefined
  ) =>
    Effect.gen(function* () {
      const listener = yield* Layer.build(Tcp.layerListener({ port: 0, ...server }))
      const serving = RpcServer.run(Office, { secret: given }).pipe(Effect.provide(listener), Effect.provide(layer()))
      yield* Effect.forkScoped(serving)
      const { port } = Context.get(listener, Tcp.Bound)
      const office = Effect.provide(RpcClient.make(Office, { secret: given }), Tcp.layer({ port, ...client }))
      return yield* Effect.flatMap(office, (office) => office.Ask({ text: "heard" }))
    })

  it.live("is sent within TLS, and who has none needs no proof", () =>
    Effect.gen(function* () {
      const secure = asked({ wire, tls: tls.here }, { wire, tls: tls.trusting }, secret)
      assert.strictEqual(yield* secure, "heard")
      assert.strictEqual(yield* asked({ wire }, { wire }, undefined), "heard")
    })
  )
})

describe("a client with a secret", () => {
  const ask = (client: { readonly Ask: (payload: { text: string }) => Effect.Effect<string, unknown> }) =>
    Effect.flip(client.Ask({ text: "something private" }))
  const greeting = hello("office", ["Tick"], { nonce })

  it.live("asks nothing of a server that claims to know it", () =>
    Effect.gen(function* () {
      const raws: Array<Raw> = []
      const port = yield* impostor((raw) => {
        raws.push(raw)
        raw.say(greeting)
      })
      const client = yield* dial(port, { secret, handshakeTimeout: "300 millis" })
      const noted = yield* Effect.forkChild(Effect.flip(client.emit(new Note({ text: "something private" }))))
      for (const error of [yield* ask(client), yield* Fiber.join(noted)]) {
        assert.include(reasonOf(error, "ConnectFailed").detail, "has not finished the handshake within 300 ms")
      }
      yield* raws[0]!.until(() => raws[0]!.of("Bye").length > 0)
      assert.deepStrictEqual(kinds(raws[0]!), ["Hello", "Proof", "Bye"])
      assert.notInclude(JSON.stringify(raws[0]!.frames), "something private")
    })
  )

  for (const [name, said, detail] of [
    ["answers instead of proving", frame("Success", { id: 1, number: numbers.Ask, body: '"yes"' }), "Success came"],
    ["asks back instead of proving", request(1, 1, {}), "a message came"],
    ["emits instead of proving", frame("Event", { number: 1, body: '{"n":1}' }), "Event came"],
    ["proves nothing", frame("Proof"), "the secret is wrong; both sides need the same"],
    ["proves something else", frame("Proof", { body: "f".repeat(64) }), "the secret is wrong; both sides need the same"]
  ] as const) {
    it.live(`leaves a server that ${name}`, () =>
      Effect.gen(function* () {
        const port = yield* impostor((raw) => raw.say(greeting, said))
        const error = yield* ask(yield* dial(port, { secret }))
        const reason = reasonOf(error, "Unauthorized")
        assert.strictEqual(reason.side, "local")
        assert.include(reason.detail, detail)
      })
    )
  }

  it.live("leaves a server that says back all it hears", () =>
    Effect.gen(function* () {
      const port = yield* listen((socket) => socket.pipe(socket))
      unauthorized(yield* ask(yield* dial(port, { secret })), "local", "the secret is wrong; both sides need the same")
    })
  )

  it.live("leaves a server whose proof is larger than any", () =>
    Effect.gen(function* () {
      const port = yield* impostor((raw) => raw.say(greeting, frame("Proof", { body: "f".repeat(1_000_000) })))
      const reason = reasonOf(yield* ask(yield* dial(port, { secret })), "Malformed")
      assert.include(reason.detail, "at most 256 bytes")
    })
  )
})

it.live("a server with a secret proves nothing, and answers nothing, to one who only dials", () =>
  Effect.gen(function* () {
    const { heard, met, port } = yield* office({ handshakeTimeout: "300 millis" })
    const ofOffice = hello("office", clientSays, { nonce })
    const silent = yield* dialRaw(port)
    silent.say(ofOffice)
    const hasty = yield* dialRaw(port)
    hasty.say(ofOffice, request(1, numbers.Ask, { text: "let me in" }))
    const sending = yield* dialRaw(port)
    sending.say(hello("office", clientSays, { secret: text }), request(1, numbers.Ask, { text: "let me in" }))
    for (const [raw, why] of [
      [silent, "HandshakeTimedOut"],
      [hasty, "Request came before the secret was proved"],
      [sending, "only one side has a secret to prove; both need the same"]
    ] as const) {
      yield* raw.until(() => raw.of("Bye").length > 0)
      assert.deepStrictEqual(kinds(raw), ["Hello", "Bye"])
      assert.include(raw.of("Bye")[0]!.text, why)
    }
    assert.deepStrictEqual([heard, met], [[], []])
  })
)

describe("hmac", () => {
  it("is HMAC-SHA-256 in hexadecimal digits", () => {
    // RFC 4231, test case 2.
    assert.strictEqual(
      Proof.hmac.of("Jefe", "what do ya want for nothing?"),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
  })

  it("makes nonces of 128 bits", () => {
    const nonces = Array.from({ length: 100 }, () => Proof.hmac.nonce())
    for (const nonce of nonces) assert.match(nonce, /^[0-9a-f]{32}$/)
    assert.strictEqual(new Set(nonces).size, 100)
  })
})
