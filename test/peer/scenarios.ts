/**
 * What one side can do towards the other, whatever link and wire are between them. Either side runs them; a side that is
 * a process of its own has no test runner, so they assert by node:assert.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import assert from "node:assert/strict"
import { Half, Note, Odd, type Speaker, TooSmall } from "./Lab.ts"
import { reasonOf } from "./reasons.ts"

type Scenario = (peer: Speaker) => Effect.Effect<void, unknown, Scope.Scope>

let keys = 0
/** A name in the other side's journal that nobody else uses. */
const newKey = (): string => `key ${++keys}`

const mebibyte = 1024 * 1024

export const scenarios: Readonly<Record<string, Scenario>> = {
  "answers a typed call": (peer) =>
    Effect.gen(function* () {
      assert.equal(yield* peer.Half({ n: 8 }), 4)
      assert.equal(yield* peer.send(new Half({ n: 6 })), 3)
    }),

  "fails with an instance of the error's class": (peer) =>
    Effect.gen(function* () {
      const small = yield* Effect.flip(peer.Half({ n: -2 }))
      assert(small instanceof TooSmall)
      assert.equal(small.least, 0)
      const odd = yield* Effect.flip(peer.Half({ n: 7 }))
      assert(odd instanceof Odd)
      assert.equal(odd.n, 7)
    }),

  "refuses a payload that does not fit before it leaves, and no other call": (peer) =>
    Effect.gen(function* () {
      const [error, text] = yield* Effect.all([
        Effect.flip(peer.Half({ n: "two" as never })),
        peer.Echo({ text: "still here" })
      ])
      const reason = reasonOf(error, "InvalidPayload")
      assert.deepEqual([reason.side, reason.part, reason.method], ["local", "payload", "Half"])
      assert.equal(text, "still here")
    }),

  "streams an answer, in order and whole": (peer) =>
    Effect.gen(function* () {
      const items = yield* Stream.runCollect(peer.Count({ key: newKey(), total: 3000 }))
      assert.deepEqual(
        items,
        Array.from({ length: 3000 }, (_, n) => n)
      )
      assert.deepEqual(yield* Stream.runCollect(peer.Count({ key: newKey(), total: 0 })), [])
    }),

  "ends a stream with its typed error, after the items before it": (peer) =>
    Effect.gen(function* () {
      const items: Array<number> = []
      const counted = peer.Count({ key: newKey(), total: 10, failAt: 3 })
      const error = yield* Effect.flip(Stream.runForEach(counted, (item) => Effect.sync(() => items.push(item))))
      assert(error instanceof TooSmall)
      assert.deepEqual(items, [0, 1, 2])
    }),

  "streams blocks of bytes of any size": (peer) =>
    Effect.gen(function* () {
      for (const bytes of [0, 1, 20_000, 300_000]) {
        const sizes = yield* Stream.runCollect(Stream.map(peer.Blocks({ blocks: 7, bytes }), sizeOfPattern))
        assert.deepEqual(sizes, [bytes, bytes, bytes, bytes, bytes, bytes, bytes])
      }
    }),

  "streams an input": (peer) =>
    Effect.gen(function* () {
      assert.equal(yield* peer.Sum({ key: newKey() }, { input: Stream.range(1, 5000) }), 12_502_500)
      assert.equal(yield* peer.Sum({ key: newKey() }, { input: Stream.empty }), 0)
    }),

  "streams both ways at once": (peer) =>
    Effect.gen(function* () {
      const words = Array.from({ length: 3000 }, (_, n) => `word ${n}`)
      const shouted = yield* Stream.runCollect(peer.Shout({}, { input: Stream.fromIterable(words) }))
      assert.deepEqual(
        shouted,
        words.map((word) => word.toUpperCase())
      )
    }),

  "reports progress in order, the last report before the answer": (peer) =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const onProgress = ({ done }: { readonly done: number }) => Effect.sync(() => void seen.push(done))
      assert.equal(yield* peer.Work({ steps: 40 }, { onProgress }), "40 steps")
      assert.equal(seen.at(-1), 40)
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b)
      )
    }),

  "reports progress of a stream as well": (peer) =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const onProgress = (step: number) => Effect.sync(() => void seen.push(step))
      assert.deepEqual(yield* Stream.runCollect(peer.Steps({ steps: 4 }, { onProgress })), [1, 2, 3, 4])
      assert.equal(seen.at(-1), 4)
    }),

  "fails a stream with the error of its input": (peer) =>
    Effect.gen(function* () {
      const input = Stream.concat(Stream.make("a"), Stream.fail("the disk is gone" as const))
      assert.equal(yield* Effect.flip(Stream.runDrain(peer.Shout({}, { input }))), "the disk is gone")
    }),

  "says events, all of them in order": (peer) =>
    Effect.gen(function* () {
      const key = newKey()
      yield* Effect.forEach(
        Array.from({ length: 3000 }, (_, n) => n),
        (n) => peer.emit(new Note({ key, n })),
        { discard: true }
      )
      yield* peer.Heard({ key: `${key} 2999` })
      assert.equal(yield* peer.Tally({ key }), 3000)
      assert.equal(yield* peer.Tally({ key: `${key} out of order` }), 0)
    }),

  "is asked back while it asks": (peer) => peer.Drive({ scenario: "answers a typed call" }),

  "stops the handler of a call that is interrupted, and runs its finalizers": (peer) =>
    Effect.gen(function* () {
      const key = newKey()
      const call = yield* Effect.forkChild(peer.Hang({ key }))
      yield* peer.Heard({ key: `${key} started` })
      yield* Fiber.interrupt(call)
      yield* peer.Heard({ key: `${key} interrupted` })
      yield* peer.Heard({ key: `${key} finalized` })
    }),

  "stops the handler of a call whose deadline has passed": (peer) =>
    Effect.gen(function* () {
      const key = newKey()
      const error = yield* Effect.flip(peer.Hang({ key }, { timeout: "30 millis" }))
      const reason = reasonOf(error, "TimedOut")
      // Both sides keep the deadline, so either may be the first to say so.
      assert.deepEqual([reason.afterMillis, reason.method], [30, "Hang"])
      yield* peer.Heard({ key: `${key} interrupted` })
    }),

  "carries headers": (peer) =>
    Effect.gen(function* () {
      const headers = yield* peer.Headers({}, { headers: { trace: "a1", ünï: "cödé" } })
      assert.deepEqual([headers.trace, headers["ünï"]], ["a1", "cödé"])
    }),

  "carries 1 MiB of text": (peer) =>
    Effect.gen(function* () {
      const text = "tä".repeat(mebibyte / 2)
      assert((yield* peer.Echo({ text })) === text)
    }),

  "carries 1 MiB of bytes": (peer) =>
    Effect.gen(function* () {
      assert.equal(sizeOfPattern(yield* peer.EchoBytes({ bytes: pattern(mebibyte) })), mebibyte)
    }),

  "has 500 calls in flight, each with its own answer": (peer) =>
    Effect.gen(function* () {
      const ask = (n: number) => peer.Later({ n, turns: (n * 7) % 11 })
      const answers = yield* Effect.forEach(
        Array.from({ length: 500 }, (_, n) => n),
        ask,
        { concurrency: "unbounded" }
      )
      assert.deepEqual(
        answers,
        Array.from({ length: 500 }, (_, n) => n)
      )
    }),

  "answers other calls while a stream is not read": (peer) =>
    Effect.gen(function* () {
      const stop = yield* Deferred.make<void>()
      const reading = yield* heldAfterFirst(peer.Blocks({ blocks: 60, bytes: 100_000 }), Deferred.await(stop))
      for (let n = 0; n < 20; n++) assert.equal(yield* peer.Half({ n: 2 * n }), n)
      yield* Deferred.succeed(stop, undefined)
      assert.equal(yield* Fiber.join(reading), 60)
    }),

  "holds the producer of a stream that is read slowly": (peer) =>
    Effect.gen(function* () {
      const key = newKey()
      const stop = yield* Deferred.make<void>()
      const reading = yield* heldAfterFirst(peer.Count({ key, total: 6000 }), Deferred.await(stop))
      let produced = 0
      // The producer is at rest when a round of other calls finds it where the round before did.
      for (let rest = 0; rest < 5;) {
        yield* peer.Later({ n: 0, turns: 20 })
        const now = yield* peer.Tally({ key })
        rest = now === produced ? rest + 1 : 0
        produced = now
      }
      assert(produced > 500 && produced <= 2 * 1024, `the producer was held after ${produced} items`)
      yield* Deferred.succeed(stop, undefined)
      assert.equal(yield* Fiber.join(reading), 6000)
    }),

  "stops the producer of a stream whose reader has enough": (peer) =>
    Effect.gen(function* () {
      const key = newKey()
      const some = yield* Stream.runCollect(Stream.take(peer.Count({ key, total: 1_000_000 }), 3))
      assert.deepEqual(some, [0, 1, 2])
      yield* peer.Heard({ key: `${key} finalized` })
      assert((yield* peer.Tally({ key })) < 10_000)
    }),

  "stops an input when the handler answers before its end": (peer) =>
    Effect.gen(function* () {
      const stopped = yield* Deferred.make<void>()
      let produced = 0
      const input = Stream.fromEffectRepeat(Effect.sync(() => produced++)).pipe(
        Stream.ensuring(Deferred.succeed(stopped, undefined))
      )
      assert.deepEqual(yield* peer.First({ count: 3 }, { input }), [0, 1, 2])
      yield* Deferred.await(stopped)
      assert(produced < 10_000)
    }),

  "fails the call with the error of its input, and stops the handler": (peer) =>
    Effect.gen(function* () {
      const key = newKey()
      const input = Stream.concat(Stream.range(1, 3), Stream.fail("the disk is gone" as const))
      const error = yield* Effect.flip(peer.Sum({ key }, { input }))
      assert.equal(error, "the disk is gone")
      yield* peer.Heard({ key: `${key} interrupted` })
    }),

  "ends the call of a handler that dies, and no other": (peer) =>
    Effect.gen(function* () {
      const [error, answer] = yield* Effect.all(
        [Effect.flip(peer.Die({ message: "a bug" })), peer.Later({ n: 3, turns: 20 })],
        { concurrency: 2 }
      )
      const reason = reasonOf(error, "RemoteDefect")
      assert.equal(reason.detail, "Error: a bug")
      assert.equal(answer, 3)
    }),

  "ends the call of a handler that interrupts itself, and no other": (peer) =>
    Effect.gen(function* () {
      const [error, answer] = yield* Effect.all([Effect.flip(peer.Leave({})), peer.Later({ n: 3, turns: 20 })], {
        concurrency: 2
      })
      assert.equal(reasonOf(error, "RemoteDefect").detail, "it interrupted itself")
      assert.equal(answer, 3)
    })
}

/** Reads one item, then waits, then reads on. Answers, when joined, how many there were. */
const heldAfterFirst = <A, E>(stream: Stream.Stream<A, E>, wait: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const first = yield* Deferred.make<void>()
    const onItem = Effect.andThen(Deferred.succeed(first, undefined), wait)
    const reading = yield* Effect.forkChild(
      Stream.runFold(
        Stream.tap(stream, () => onItem),
        () => 0,
        (count) => count + 1
      )
    )
    yield* Deferred.await(first)
    return reading
  })

const period = 65_521
const patterned = Uint8Array.from({ length: mebibyte + period }, (_, at) => (at % period) * 31)

/** Bytes that differ from place to place, at most 1 MiB. */
export const pattern = (bytes: number): Uint8Array => patterned.slice(0, bytes)

const sizeOfPattern = (bytes: Uint8Array): number => {
  assert(Buffer.compare(bytes, patterned.subarray(0, bytes.length)) === 0, "other bytes arrived than were sent")
  return bytes.length
}
