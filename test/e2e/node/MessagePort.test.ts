import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { once } from "node:events"
import { MessageChannel } from "node:worker_threads"
import * as MessagePort from "../../../src/node/MessagePort.ts"
import { Listener, Transport } from "../../../src/transport/Transport.ts"
import { record } from "../../transport/suite.ts"

/** Two links, each the other's. */
const pair = Effect.suspend(() => {
  const { port1, port2 } = new MessageChannel()
  return Effect.all([MessagePort.fromPort(port1), MessagePort.fromPort(port2)])
})

const accept = Effect.flatMap(Listener, (listener) => listener.accept)

it.live("ends as broken when its port is closed by whoever", () =>
  Effect.gen(function* () {
    const { port1, port2 } = new MessageChannel()
    const recorder = record(yield* MessagePort.fromPort(port1))
    port2.close()
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.deepStrictEqual(recorder.ends, [{ _tag: "Broken", stage: "read", detail: "the port was closed" }])
  })
)

it.live("ends as broken over a port that was closed before", () =>
  Effect.gen(function* () {
    const { port1 } = new MessageChannel()
    port1.close()
    yield* Effect.promise(() => once(port1, "close"))
    const recorder = record(yield* MessagePort.fromPort(port1))
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.deepStrictEqual(recorder.ends, [{ _tag: "Broken", stage: "read", detail: "the port was closed" }])
  })
)

it.live("closes its port, and with it the other's, at its end", () =>
  Effect.gen(function* () {
    const { port1, port2 } = new MessageChannel()
    const scope = yield* Scope.make()
    yield* Scope.provide(MessagePort.fromPort(port1), scope)
    const recorder = record(yield* MessagePort.fromPort(port2))
    const closed = Promise.all([once(port1, "close"), once(port2, "close")])
    yield* Scope.close(scope, Exit.void)
    yield* Effect.promise(() => closed)
    assert.deepStrictEqual(recorder.ends, [{ _tag: "Ended" }])
    assert.strictEqual(recorder.late, 0)
  })
)

it.live("reports messages of others, those that no one can read too, and goes on", () =>
  Effect.gen(function* () {
    const { port1, port2 } = new MessageChannel()
    const link = yield* MessagePort.fromPort(port1)
    const reports: Array<string> = []
    let bytes = 0
    port2.postMessage({ junk: 1 })
    port2.postMessage([1, 2])
    port2.postMessage(undefined)
    port2.postMessage(NaN)
    port2.postMessage(-1e9)
    port2.postMessage(Uint8Array.of(1, 2, 3))
    link.start({
      bytes: (chunk) => void (bytes += chunk.length),
      drained: () => {},
      end: () => {},
      foreign: (detail) => void reports.push(detail)
    })
    while (bytes < 3) yield* Effect.sleep(1)
    const what = "a message that is none of this link's came on its port:"
    assert.deepStrictEqual(reports, [`${what} { junk: 1 }`, `${what} [ 1, 2 ]`, `${what} undefined`])
    // Counts that make no sense change nothing.
    assert.strictEqual(link.queuedBytes, 0)
    port1.emit("messageerror", new Error("no such class here"))
    assert.match(reports[3]!, /came on its port: Error: no such class here/)
  })
)

it.live("counts what is under way, and says when the other end has read it", () =>
  Effect.gen(function* () {
    const [west, east] = yield* pair
    const recorder = record(west)
    assert.isTrue(west.offer(new Uint8Array(256 * 1024)))
    assert.strictEqual(west.queuedBytes, 0)
    assert.isTrue(west.offer(new Uint8Array(256 * 1024)))
    assert.isFalse(west.offer(Uint8Array.of(1)))
    assert.strictEqual(west.queuedBytes, 256 * 1024 + 1)
    yield* Effect.sleep(20)
    assert.strictEqual(recorder.drained, 0)
    const read = record(east)
    yield* recorder.until(() => recorder.drained > 0)
    assert.strictEqual(west.queuedBytes, 0)
    assert.strictEqual(read.bytes, 512 * 1024 + 1)
  })
)

it.live("sends a part of a larger memory, and nothing of the rest", () =>
  Effect.gen(function* () {
    const { port1, port2 } = new MessageChannel()
    const link = yield* MessagePort.fromPort(port1)
    const posted: Array<string | Uint8Array> = []
    port2.on("message", (message) => void (typeof message === "number" || posted.push(message)))
    const slab = new Uint8Array(100_000).map((_, at) => at)
    const sizes = [1, 255, 4096, 4097, 20_000]
    for (const bytes of sizes) link.offer(slab.subarray(3, 3 + bytes))
    slab.fill(0)
    while (posted.length < sizes.length) yield* Effect.sleep(1)
    for (const [at, message] of posted.entries()) {
      const bytes = typeof message === "string" ? Buffer.from(message, "latin1") : message
      assert.isTrue(bytes.every((byte, place) => byte === ((place + 3) & 0xff)))
      assert.strictEqual(typeof message === "string" ? message.length : message.buffer.byteLength, sizes[at])
    }
    port2.close()
  })
)

it.live("carries one link a port, whoever asks for a second", () =>
  Effect.gen(function* () {
    const { port1, port2 } = new MessageChannel()
    const open = Effect.flatMap(Transport, (transport) => transport.open)
    const twice = Effect.andThen(Effect.scoped(open), Effect.flip(open))
    const error = yield* Effect.provide(twice, MessagePort.layer(port1, { address: "port 1" }))
    assert.strictEqual(
      error.message,
      "cannot open port 1: the port has, or had, its one link; make another MessageChannel"
    )
    const listener = MessagePort.layerListener({ port: port2 })
    const ended = yield* Effect.provide(Effect.andThen(accept, Effect.flip(accept)), listener)
    assert.strictEqual(ended._tag, "Done")
    const again = yield* Effect.flip(Effect.scoped(Layer.build(listener)))
    assert.strictEqual(again.stage, "listen")
  })
)

it.live("does not listen in the main thread without a port", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(Effect.scoped(Layer.build(MessagePort.layerListener())))
    assert.strictEqual(
      error.message,
      "cannot listen parentPort: this is the main thread, which has no parent port; start the program with Worker.layer, or give a port"
    )
  })
)
