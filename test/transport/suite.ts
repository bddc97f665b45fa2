/**
 * What every link keeps, whatever it is made of. A subject joins a near end, which is tested, to a far end that behaves.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { EndReason, Link } from "../../src/transport/Link.ts"
import { type Behaviour, fillPattern, patternOf, sender, sha, sourceBytes } from "../fixtures/links/behaviour.ts"

export interface Opened {
  readonly link: Link
  /** Closes the near end's scope. */
  readonly close: Effect.Effect<void>
  /** What the far end's behaviour answered. */
  readonly far: Effect.Effect<string>
  /** Lets a stalled far end go on. */
  readonly release: Effect.Effect<void>
}

export interface Subject {
  readonly name: string
  /** How a link ends whose far end leaves in good order. */
  readonly leaving: EndReason
  /** What the system itself may hold on the way, at the most. Default: 1 MiB. */
  readonly systemBytes?: number
  readonly open: (behaviour: Behaviour) => Effect.Effect<Opened, unknown, Scope.Scope>
}

export interface Recorder {
  readonly chunks: Array<Uint8Array>
  readonly ends: Array<EndReason>
  bytes: number
  drained: number
  /** Events after the end. */
  late: number
  readonly until: (condition: () => boolean) => Effect.Effect<void>
}

/** Starts `link` and takes down what it delivers, without the bytes themselves if these are not to be kept. */
export const record = (
  link: Link,
  on: { readonly bytes?: () => void; readonly drained?: () => void; readonly keep?: boolean } = {}
): Recorder => {
  const waiting = new Set<() => void>()
  const happened = () => {
    if (recorder.ends.length > 1 || (recorder.ends.length === 1 && !ending)) recorder.late++
    ending = false
    for (const look of waiting) look()
  }
  let ending = false
  const recorder: Recorder = {
    chunks: [],
    ends: [],
    bytes: 0,
    drained: 0,
    late: 0,
    until: (condition) =>
      Effect.callback<void>((resume) => {
        const look = () => {
          if (!condition()) return
          waiting.delete(look)
          resume(Effect.void)
        }
        waiting.add(look)
        look()
      })
  }
  link.start({
    bytes: (chunk) => {
      if (on.keep !== false) recorder.chunks.push(new Uint8Array(chunk))
      recorder.bytes += chunk.length
      on.bytes?.()
      happened()
    },
    drained: () => {
      recorder.drained++
      on.drained?.()
      happened()
    },
    end: (reason) => {
      recorder.ends.push(reason)
      ending = true
      happened()
    }
  })
  return recorder
}

const headerOf = (bytes: number): Uint8Array => {
  const header = new Uint8Array(4)
  new DataView(header.buffer).setUint32(0, bytes)
  return header
}

/** Offers `total` bytes with their length before them, in chunks of these sizes, and waits for the far end's digest. */
const digested = (link: Link, total: number, chunkBytes: (sent: number) => number) =>
  Effect.gen(function* () {
    const send = sender(link, total, chunkBytes, () => {})
    const recorder = record(link, { drained: () => send() })
    link.offer(headerOf(total))
    send()
    yield* recorder.until(() => recorder.bytes >= 32 || recorder.ends.length > 0)
    assert.strictEqual(Buffer.concat(recorder.chunks).toString("hex"), sha(patternOf(total)))
    return recorder
  })

export const suite = (subject: Subject) =>
  describe(`a link over ${subject.name}`, () => {
    const test = (name: string, body: () => Effect.Effect<void, unknown, Scope.Scope>) => it.live(name, body, 15_000)

    test("delivers many small chunks in order, and a slab written again once nothing is held", () =>
      Effect.gen(function* () {
        const { link } = yield* subject.open("digest")
        yield* digested(link, 1024 * 1024, (sent) => 1 + ((sent * 31) % 97))
      }))

    test("delivers a chunk of 8 MiB", () =>
      Effect.gen(function* () {
        const { link } = yield* subject.open("digest")
        yield* digested(link, 8 * 1024 * 1024, () => 8 * 1024 * 1024)
      }))

    test("carries both ways at the same time", () =>
      Effect.gen(function* () {
        const { link } = yield* subject.open("echo")
        const total = 2 * 1024 * 1024
        const send = sender(
          link,
          total,
          (sent) => 1 + ((sent * 17) % 20_011),
          () => {}
        )
        const recorder = record(link, { drained: () => send() })
        send()
        yield* recorder.until(() => recorder.bytes >= total || recorder.ends.length > 0)
        assert.strictEqual(sha(...recorder.chunks), sha(patternOf(total)))
        for (let turn = 0; link.queuedBytes > 0 && turn < 100; turn++) yield* Effect.sleep(1)
        assert.strictEqual(link.queuedBytes, 0)
      }))

    test("answers false to offers while the far end does not read, and says when all has left", () =>
      Effect.gen(function* () {
        const { link, release } = yield* subject.open("stalledDigest")
        const systemBytes = subject.systemBytes ?? 1024 * 1024
        const total = systemBytes + 3 * 1024 * 1024
        let sent = 0
        const send = (): boolean => {
          while (sent < total) {
            const chunk = new Uint8Array(Math.min(50_000, total - sent))
            fillPattern(chunk, sent)
            sent += chunk.length
            if (!link.offer(chunk)) return false
          }
          return true
        }
        const recorder = record(link, { drained: () => send() })
        yield* recorder.until(() => recorder.bytes === 1)
        link.offer(headerOf(total))
        assert.isFalse(send())
        assert.isBelow(sent, systemBytes + 1024 * 1024)
        assert.isAbove(link.queuedBytes, 0)
        assert.strictEqual(recorder.drained, 0)
        yield* release
        yield* recorder.until(() => recorder.bytes >= 33 || recorder.ends.length > 0)
        yield* recorder.until(() => recorder.drained > 0)
        assert.strictEqual(Buffer.concat(recorder.chunks).subarray(1).toString("hex"), sha(patternOf(total)))
      }))

    test("takes what is offered above the mark, and never calls back from within an offer", () =>
      Effect.gen(function* () {
        const { link, release } = yield* subject.open("stalledDigest")
        let offering = false
        const within: Array<string> = []
        const note = (what: string) => () => offering && within.push(what)
        const recorder = record(link, { bytes: note("bytes"), drained: note("drained") })
        yield* recorder.until(() => recorder.bytes === 1)
        offering = true
        link.offer(headerOf(4_000_000))
        let full = false
        for (let at = 0; at < 4_000_000; at += 400_000) {
          full = !link.offer(patternOf(4_000_000).subarray(at, at + 400_000)) || full
        }
        offering = false
        yield* release
        yield* recorder.until(() => recorder.bytes >= 33 || recorder.ends.length > 0)
        assert.deepStrictEqual(within, [])
        // The system may take all of it, as TCP does at times.
        yield* recorder.until(() => recorder.drained > 0 || !full)
        assert.strictEqual(recorder.drained, full ? 1 : 0)
        assert.strictEqual(Buffer.concat(recorder.chunks).subarray(1).toString("hex"), sha(patternOf(4_000_000)))
      }))

    test("holds back bytes while paused, and loses none", () =>
      Effect.gen(function* () {
        const { link } = yield* subject.open("source")
        const recorder = record(link, { bytes: () => link.pause() })
        link.offer(Uint8Array.of(1))
        for (let turn = 1; turn <= 5; turn++) {
          yield* recorder.until(() => recorder.chunks.length === turn)
          // Whatever is under way gets time to arrive.
          yield* Effect.sleep(5)
          assert.strictEqual(recorder.chunks.length, turn)
          link.resume()
        }
        while (recorder.bytes < sourceBytes) {
          const before = recorder.chunks.length
          yield* recorder.until(() => recorder.chunks.length > before || recorder.bytes === sourceBytes)
          link.resume()
        }
        assert.strictEqual(sha(...recorder.chunks), sha(patternOf(sourceBytes)))
      }))

    test("holds back what arrives before it is started", () =>
      Effect.gen(function* () {
        const { link } = yield* subject.open("leaves")
        yield* Effect.sleep(30)
        const recorder = record(link)
        yield* recorder.until(() => recorder.ends.length > 0)
        assert.strictEqual(sha(...recorder.chunks), sha(patternOf(sourceBytes)))
      }))

    test("ends once, after the last byte of a far end that left", () =>
      Effect.gen(function* () {
        const { link } = yield* subject.open("leaves")
        const recorder = record(link)
        yield* recorder.until(() => recorder.ends.length > 0)
        assert.strictEqual(recorder.bytes, sourceBytes)
        assert.strictEqual(recorder.ends[0]!._tag, subject.leaving._tag)
        if (subject.leaving._tag !== "Exited") assert.deepStrictEqual(recorder.ends[0], subject.leaving)
        yield* Effect.sleep(20)
        assert.strictEqual(recorder.ends.length, 1)
        assert.strictEqual(recorder.late, 0)
      }))

    test("keeps the end behind bytes that a paused reader has not taken", () =>
      Effect.gen(function* () {
        const { link } = yield* subject.open("leaves")
        const recorder = record(link, { bytes: () => link.pause() })
        yield* recorder.until(() => recorder.chunks.length === 1)
        yield* Effect.sleep(30)
        assert.strictEqual(recorder.ends.length, 0)
        while (recorder.ends.length === 0) {
          const before = recorder.chunks.length
          link.resume()
          yield* recorder.until(() => recorder.chunks.length > before || recorder.ends.length > 0)
        }
        assert.strictEqual(recorder.bytes, sourceBytes)
      }))

    test("takes nothing and answers true after its end", () =>
      Effect.gen(function* () {
        const { link } = yield* subject.open("leavesOnceAsked")
        const recorder = record(link)
        link.offer(Uint8Array.of(1))
        yield* recorder.until(() => recorder.ends.length > 0)
        for (let i = 0; i < 100; i++) assert.isTrue(link.offer(new Uint8Array(100_000)))
        assert.strictEqual(link.queuedBytes, 0)
        yield* Effect.sleep(10)
        assert.strictEqual(recorder.ends.length, 1)
        assert.strictEqual(recorder.late, 0)
      }))

    test("lets a reader go on that waits for its writes to leave, when the far end left instead", () =>
      Effect.gen(function* () {
        const { link } = yield* subject.open("leavesOnceAsked")
        const recorder = record(link, { drained: () => link.resume() })
        assert.isFalse(link.offer(new Uint8Array(4 * 1024 * 1024)))
        link.pause()
        yield* recorder.until(() => recorder.ends.length > 0)
        assert.strictEqual(recorder.ends.length, 1)
      }))

    test("flushes what was offered when its scope closes, then ends with Closed", () =>
      Effect.gen(function* () {
        const { close, far, link } = yield* subject.open("reads")
        const recorder = record(link)
        link.offer(patternOf(sourceBytes))
        yield* close
        assert.deepStrictEqual(recorder.ends, [{ _tag: "Closed" }])
        assert.strictEqual(link.queuedBytes, 0)
        assert.isTrue(link.offer(new Uint8Array(1000)))
        assert.strictEqual(yield* far, `Ended ${sha(patternOf(sourceBytes))}`)
        assert.strictEqual(recorder.late, 0)
      }))

    test("delivers nothing after its scope was closed", () =>
      Effect.gen(function* () {
        const { close, link } = yield* subject.open("source")
        const recorder = record(link)
        link.offer(Uint8Array.of(1))
        yield* recorder.until(() => recorder.bytes > 0)
        yield* close
        const bytes = recorder.bytes
        yield* Effect.sleep(20)
        assert.strictEqual(recorder.bytes, bytes)
        assert.deepStrictEqual(recorder.ends, [{ _tag: "Closed" }])
        assert.strictEqual(recorder.late, 0)
      }))

    test("closes without having been started", () =>
      Effect.gen(function* () {
        const { close, far, link } = yield* subject.open("reads")
        link.offer(patternOf(1000))
        yield* close
        assert.strictEqual(yield* far, `Ended ${sha(patternOf(1000))}`)
        const recorder = record(link)
        yield* recorder.until(() => recorder.ends.length > 0)
        assert.deepStrictEqual(recorder.ends, [{ _tag: "Closed" }])
        assert.strictEqual(recorder.bytes, 0)
      }))
  })
