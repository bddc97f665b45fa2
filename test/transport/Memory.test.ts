import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as FastCheck from "fast-check"
import type { Link } from "../../src/transport/Link.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Listener, Transport } from "../../src/transport/Transport.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { record } from "./suite.ts"

const textOf = (chunks: ReadonlyArray<Uint8Array>) => Buffer.concat(chunks).toString()
const bytes = (text: string) => new TextEncoder().encode(text)

/** A transport and a listener, and how to close them. */
const joined = Effect.gen(function* () {
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const context = yield* Layer.buildWithScope(Memory.layer({ wire: Native.wire() }), scope)
  return {
    transport: Effect.runSync(Effect.provide(Transport, context)),
    listener: Effect.runSync(Effect.provide(Listener, context)),
    close: Scope.close(scope, Exit.void)
  }
})

it.effect("needs no clock", () =>
  Effect.gen(function* () {
    const [west, east] = yield* Memory.pair()
    const recorder = record(east)
    west.offer(bytes("hello"))
    yield* recorder.until(() => recorder.bytes === 5)
  })
)

it.effect("ends both ends of a pair with Closed when its scope closes", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const pair = yield* Scope.provide(Memory.pair(), scope)
    const [west, east] = pair.map((link) => record(link))
    pair[0].offer(bytes("lost"))
    yield* Scope.close(scope, Exit.void)
    assert.deepStrictEqual(west!.ends, [{ _tag: "Closed" }])
    assert.deepStrictEqual(east!.ends, [{ _tag: "Closed" }])
    assert.deepStrictEqual([west!.late, east!.late], [0, 0])
    assert.deepStrictEqual([pair[0].queuedBytes, pair[1].queuedBytes], [0, 0])
  })
)

it.effect("answers false above its capacity, and says once that all has left", () =>
  Effect.gen(function* () {
    const [west, east] = yield* Memory.pair({ capacityBytes: 10 })
    const near = record(west)
    assert.isTrue(west.offer(bytes("0123456789")))
    assert.isFalse(west.offer(bytes("a")))
    assert.isFalse(west.offer(bytes("b")))
    assert.strictEqual(west.queuedBytes, 12)
    const far = record(east)
    yield* near.until(() => near.drained === 1)
    assert.strictEqual(west.queuedBytes, 0)
    assert.strictEqual(textOf(far.chunks), "0123456789ab")
    west.offer(bytes("c"))
    yield* far.until(() => far.bytes === 13)
    assert.strictEqual(near.drained, 1)
  })
)

it.effect("gives offered memory back when it closes, although the other end has still to read it", () =>
  Effect.gen(function* () {
    const { listener, transport } = yield* joined
    const slab = bytes("precious")
    yield* Effect.scoped(
      Effect.gen(function* () {
        const near = yield* transport.open
        near.offer(slab)
      })
    )
    slab.fill(0)
    const far = record(yield* listener.accept)
    yield* far.until(() => far.ends.length > 0)
    assert.strictEqual(textOf(far.chunks), "precious")
    assert.deepStrictEqual(far.ends, [{ _tag: "Ended" }])
  })
)

it.effect("may be paused or closed from within a delivery", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { listener, transport } = yield* joined
    const near = yield* transport.open
    const far = yield* Scope.provide(listener.accept, scope)
    const seen: Array<string> = []
    const over = record(near)
    far.start({
      bytes: (chunk) => {
        seen.push(textOf([chunk]))
        if (seen.length === 1) far.pause()
        else Effect.runSync(Scope.close(scope, Exit.void))
      },
      drained: () => {},
      end: (reason) => seen.push(reason._tag)
    })
    for (const text of ["a", "b", "c"]) near.offer(bytes(text))
    yield* Effect.promise(() => new Promise((resume) => setImmediate(resume)))
    assert.deepStrictEqual(seen, ["a"])
    assert.strictEqual(near.queuedBytes, 2)
    far.resume()
    yield* over.until(() => over.ends.length > 0)
    assert.deepStrictEqual(seen, ["a", "b", "Closed"])
    assert.deepStrictEqual(over.ends, [{ _tag: "Ended" }])
    assert.strictEqual(near.queuedBytes, 0)
  })
)

it.live("lets timers run while two ends answer each other", () =>
  Effect.gen(function* () {
    const [west, east] = yield* Memory.pair()
    let turns = 0
    let rang = false
    const answer = (link: Link) => ({
      bytes: (chunk: Uint8Array) => {
        if (!rang && ++turns < 2_000_000) link.offer(new Uint8Array(chunk))
      },
      drained: () => {},
      end: () => {}
    })
    west.start(answer(west))
    east.start(answer(east))
    west.offer(bytes("ball"))
    // A turn of the loop, which timers and sockets need, comes although the ball never rests.
    yield* Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
    rang = true
    assert.isBelow(turns, 2_000_000)
  })
)

it.effect("fails open once the layer is closed, ends links nobody accepted, and fails accept with Done", () =>
  Effect.gen(function* () {
    const { close, listener, transport } = yield* joined
    const near = record(yield* transport.open)
    const accepted = yield* listener.accept
    const dropped = record(yield* transport.open)
    yield* close
    yield* dropped.until(() => dropped.ends.length > 0)
    assert.deepStrictEqual(dropped.ends, [{ _tag: "Ended" }])
    assert.isTrue(Cause.isDone(yield* Effect.flip(Effect.scoped(listener.accept))))
    const error = yield* Effect.flip(Effect.scoped(transport.open))
    assert.strictEqual(
      error.message,
      "cannot open memory: the listener was closed; open links while its layer is in use"
    )
    // Accepted links live on.
    accepted.offer(bytes("still"))
    accepted.start({ bytes: () => {}, drained: () => {}, end: () => {} })
    yield* near.until(() => near.bytes === 5)
  })
)

it.effect("loses no link to an accept that is interrupted", () =>
  Effect.gen(function* () {
    const { listener, transport } = yield* joined
    const waiting = yield* Effect.forkChild(Effect.scoped(listener.accept), { startImmediately: true })
    const near = yield* transport.open
    near.offer(bytes("kept"))
    yield* Fiber.interrupt(waiting)
    const far = record(yield* listener.accept)
    yield* far.until(() => far.bytes === 4)
  })
)

type Step = { readonly offer: number } | "pause" | "resume" | "turn"

it("delivers what was offered, in order, whatever pauses come between", async () => {
  const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
    FastCheck.record({ offer: FastCheck.integer({ min: 1, max: 20 }) }),
    FastCheck.constantFrom("pause", "resume", "turn")
  )
  await FastCheck.assert(
    FastCheck.asyncProperty(FastCheck.array(step, { maxLength: 60 }), (steps) =>
      Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const { listener, transport } = yield* joined
            const scope = yield* Scope.make()
            const near = yield* Scope.provide(transport.open, scope)
            const farLink = yield* listener.accept
            const far = record(farLink)
            let next = 0
            let expected = ""
            for (const step of steps) {
              if (step === "pause") farLink.pause()
              else if (step === "resume") farLink.resume()
              else if (step === "turn") yield* Effect.promise(() => Promise.resolve())
              else {
                const text = String.fromCharCode(97 + (next++ % 26)).repeat(step.offer)
                expected += text
                near.offer(bytes(text))
              }
              assert.strictEqual(near.queuedBytes, expected.length - far.bytes)
              assert.isTrue(expected.startsWith(textOf(far.chunks)))
            }
            yield* Scope.close(scope, Exit.void)
            farLink.resume()
            yield* far.until(() => far.ends.length > 0)
            assert.strictEqual(textOf(far.chunks), expected)
            assert.strictEqual(far.late, 0)
          })
        )
      )
    )
  )
})
