/** The JavaScript flavour of hx/interop: one message in each frame of a WebSocket. */
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as NodeWS from "@effect/platform-node/NodeWS"
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Socket from "effect/socket/Socket"
import { SocketServer } from "effect/socket/SocketServer"
import * as HxClient from "../../../src/foreign/hx/HxClient.ts"
import * as HxMessage from "../../../src/foreign/hx/HxMessage.ts"
import * as HxServer from "../../../src/foreign/hx/HxServer.ts"
import * as SocketLink from "../../../src/node/SocketLink.ts"

const routes = [
  HxServer.route("add", (request) =>
    Effect.flatMap(HxMessage.decode(request), (numbers) => {
      const [a, b] = numbers as [number, number]
      return HxMessage.json(a + b)
    })
  ),
  HxServer.route("echo", (request) => Effect.succeed(HxMessage.bytes(request.body))),
  HxServer.route("ticks", (_, connection) =>
    Effect.forEach(["1", "2", "3"], (body) => connection.send(HxMessage.event("tick", { body })), { discard: true })
  )
]

/** A server over WebSockets, and where it is. */
const serve = Effect.gen(function* () {
  const server = yield* Layer.build(NodeSocketServer.layerWebSocket({ port: 0, host: "127.0.0.1" }))
  const listener = yield* Effect.provide(Layer.build(SocketLink.layerListener()), server)
  yield* Effect.provide(HxServer.make(routes, { frames: "message" }), listener)
  return `ws://${Context.get(server, SocketServer).address}`
})

it.live("carries calls, events and bodies of any bytes between a client and a server of ours", () =>
  Effect.gen(function* () {
    const url = yield* serve
    const socket = Layer.provide(Socket.layerWebSocket(url), NodeWS.layerWebSocketConstructor)
    const client = yield* Effect.provide(
      HxClient.open({ frames: "message" }),
      Layer.provide(SocketLink.layer(), socket)
    )
    const heard = yield* Queue.unbounded<string>()
    yield* client.on("tick", (tick) => Queue.offer(heard, HxMessage.textOf(tick)))
    assert.strictEqual(yield* HxMessage.decode(yield* client.call("add", HxMessage.json([1, 2]))), 3)
    assert.strictEqual((yield* client.call("ticks")).body.length, 0)
    assert.deepStrictEqual(
      [yield* Queue.take(heard), yield* Queue.take(heard), yield* Queue.take(heard)],
      ["1", "2", "3"]
    )
    const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index)
    assert.deepStrictEqual((yield* client.call("echo", HxMessage.bytes(bytes))).body, bytes)
  })
)

it.live("answers a client that writes as the JavaScript library does, in frames that it can read", () =>
  Effect.gen(function* () {
    const url = yield* serve
    const frames = yield* Queue.unbounded<string>()
    const socket = yield* Effect.acquireRelease(
      Effect.callback<NodeWS.WebSocket>((resume) => {
        const socket = new NodeWS.WebSocket(url)
        socket.on("message", (data: Buffer) => Queue.offerUnsafe(frames, data.toString()))
        socket.on("open", () => resume(Effect.succeed(socket)))
      }),
      (socket) => Effect.sync(() => socket.terminate())
    )
    // Names as they were given, the class last, and a line end after a body that is not counted.
    socket.send(
      Buffer.from(
        "content-type: application/json\nContent-Length: 5\nInterop-Rpc-Id: 7.1\nInterop-Rpc-Class: add\n\n[3,4]\n"
      )
    )
    assert.strictEqual(
      yield* Queue.take(frames),
      "Content-Type: application/json\nInterop-Rpc-Id: 7.1\nContent-Length: 1\n\n7\n"
    )
    socket.send(Buffer.from("Interop-Rpc-Id: 7.2\nInterop-Rpc-Class: ticks\n\n\n"))
    const answers = [
      yield* Queue.take(frames),
      yield* Queue.take(frames),
      yield* Queue.take(frames),
      yield* Queue.take(frames)
    ]
    assert.deepStrictEqual(answers, [
      ...["1", "2", "3"].map((n) => `Interop-Rpc-Class: tick\nContent-Length: 1\n\n${n}\n`),
      "Interop-Rpc-Id: 7.2\nContent-Length: 0\n\n\n"
    ])
  })
)
