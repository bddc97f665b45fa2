import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Duplex, PassThrough, Readable, Writable } from "node:stream"
import * as DuplexLink from "../../../src/node/DuplexLink.ts"
import { record } from "../../transport/suite.ts"

const bytes = (text: string) => Buffer.from(text)

/** A stream whose writes wait to be let through. */
const slow = () => {
  const waiting: Array<() => void> = []
  const stream = new Duplex({
    read: () => {},
    write: (_chunk, _encoding, done) => void waiting.push(done),
    writableHighWaterMark: 1_000_000
  })
  return { stream, letThrough: () => waiting.splice(0).forEach((done) => done()) }
}

it.live("has a mark of its own, below that of the stream", () =>
  Effect.gen(function* () {
    const { letThrough, stream } = slow()
    const link = yield* DuplexLink.fromDuplex(stream, { address: "slow", outgoingHighBytes: 10 })
    const recorder = record(link)
    assert.isTrue(link.offer(bytes("0123456789")))
    assert.isFalse(link.offer(bytes("a")))
    assert.strictEqual(link.queuedBytes, 11)
    letThrough()
    yield* Effect.sleep(1)
    assert.strictEqual(recorder.drained, 0)
    letThrough()
    yield* recorder.until(() => recorder.drained === 1)
    assert.strictEqual(link.queuedBytes, 0)
    letThrough()
  })
)

it.live("holds no more than its mark where the stream's own is lower", () =>
  Effect.gen(function* () {
    const stream = new Duplex({ read: () => {}, write: () => {}, writableHighWaterMark: 1 })
    const link = yield* DuplexLink.fromDuplex(stream, { address: "slow", outgoingHighBytes: 100, flushFor: 1 })
    for (let offered = 0; offered < 100; offered += 10) assert.isTrue(link.offer(bytes("0123456789")))
    assert.isFalse(link.offer(bytes("a")))
  })
)

it.live("comes to its end when a write fails, although more is offered whenever all has left", () =>
  Effect.gen(function* () {
    const stream = new Duplex({
      read: () => {},
      write: (_chunk, _encoding, done) => void setTimeout(done, 1, new Error("the cable is out"))
    })
    const link = yield* DuplexLink.fromDuplex(stream, { address: "dying", outgoingHighBytes: 10 })
    let offers = 0
    const offer = () => {
      if (++offers < 10_000) link.offer(bytes("more than the mark"))
    }
    const recorder = record(link, { drained: offer })
    offer()
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.isBelow(offers, 10)
  })
)

it.live("ends at once over a stream that is already destroyed", () =>
  Effect.gen(function* () {
    const stream = new PassThrough()
    stream.destroy()
    yield* Effect.sleep(1)
    const recorder = record(yield* DuplexLink.fromDuplex(stream, { address: "gone" }))
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.deepStrictEqual(recorder.ends, [{ _tag: "Broken", stage: "read", detail: "closed before its end" }])
  })
)

it.live("tells which way broke, and how", () =>
  Effect.gen(function* () {
    const reading = new Readable({ read: () => {} })
    const first = record(yield* DuplexLink.fromStreams(reading, new PassThrough(), { address: "read" }))
    reading.destroy(Object.assign(new Error("no more"), { code: "EIO" }))
    yield* first.until(() => first.ends.length > 0)
    assert.deepStrictEqual(first.ends, [{ _tag: "Broken", stage: "read", detail: "EIO" }])

    const left = new PassThrough()
    const writing = new Writable({ write: (_chunk, _encoding, done) => done(new Error("the cable is out")) })
    const link = yield* DuplexLink.fromStreams(left, writing, { address: "write" })
    const second = record(link)
    link.offer(bytes("lost"))
    yield* Effect.sleep(5)
    // What the peer had sent is read first.
    left.end("last words")
    yield* second.until(() => second.ends.length > 0)
    assert.strictEqual(Buffer.concat(second.chunks).toString(), "last words")
    assert.deepStrictEqual(second.ends, [{ _tag: "Broken", stage: "write", detail: "the cable is out" }])
    assert.deepStrictEqual([first.late, second.late], [0, 0])
  })
)

it.live("flushes what was offered before the peer ended", () =>
  Effect.gen(function* () {
    const [incoming, outgoing] = [new PassThrough(), new PassThrough()]
    const scope = yield* Scope.make()
    const link = yield* Scope.provide(DuplexLink.fromStreams(incoming, outgoing, { address: "half" }), scope)
    const recorder = record(link)
    link.offer(new Uint8Array(500_000))
    incoming.end()
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.isAbove(link.queuedBytes, 0)
    let flushed = 0
    outgoing.on("data", (chunk: Buffer) => (flushed += chunk.length))
    yield* Scope.close(scope, Exit.void)
    assert.strictEqual(flushed, 500_000)
    assert.deepStrictEqual(recorder.ends, [{ _tag: "Ended" }])
  })
)

it.live("destroys its streams when its scope is closed, also those of a peer that never ends", () =>
  Effect.gen(function* () {
    const [incoming, outgoing] = [new PassThrough(), new PassThrough().resume()]
    yield* Effect.scoped(DuplexLink.fromStreams(incoming, outgoing, { address: "open" }))
    assert.isTrue(outgoing.writableFinished)
    incoming.end()
    while (!incoming.destroyed) yield* Effect.sleep(1)
    assert.isTrue(outgoing.destroyed)
  })
)
