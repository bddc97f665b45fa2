import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { once } from "node:events"
import { Duplex, duplexPair, PassThrough, Readable, Writable } from "node:stream"
import * as DuplexLink from "../../../src/node/DuplexLink.ts"
import { Listener, Transport } from "../../../src/transport/Transport.ts"
import { TransportError } from "../../../src/transport/TransportError.ts"
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

it.live("ends at once over a stream whose other side has ended already", () =>
  Effect.gen(function* () {
    const [near, far] = duplexPair()
    far.end()
    yield* Effect.promise(() => once(near.resume(), "end"))
    assert.isFalse(near.destroyed)
    const recorder = record(yield* DuplexLink.fromDuplex(near, { address: "ended" }))
    yield* recorder.until(() => recorder.ends.length > 0)
    assert.deepStrictEqual(recorder.ends, [{ _tag: "Ended" }])
  })
)

it.live("waits for ever to flush when it is told to", () =>
  Effect.gen(function* () {
    const { letThrough, stream } = slow()
    const scope = yield* Scope.make()
    const options = { address: "slow", flushFor: Duration.infinity }
    const link = yield* Scope.provide(DuplexLink.fromDuplex(stream, options), scope)
    link.offer(bytes("last words"))
    const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void), { startImmediately: true })
    yield* Effect.sleep(20)
    assert.isUndefined(closing.pollUnsafe())
    letThrough()
    yield* Fiber.join(closing)
    assert.isTrue(stream.writableFinished)
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

const openOf = <E>(duplex: Duplex | Effect.Effect<Duplex, E, Scope.Scope>) =>
  Effect.flatMap(Transport, (transport) => transport.open).pipe(Effect.provide(DuplexLink.layer(duplex)))

const acceptOf = <E>(duplex: Duplex | Effect.Effect<Duplex, E, Scope.Scope>) =>
  Effect.flatMap(Listener, (listener) => listener.accept).pipe(Effect.provide(DuplexLink.layerListener(duplex)))

/** Streams of which no link can be made, each with what must be said about it. */
const unfit: Readonly<Record<string, readonly [make: () => Promise<Duplex>, says: RegExp]>> = {
  "was destroyed": [async () => new PassThrough().destroy(), /was destroyed already; give one that is open/],
  "has failed": [
    async () => {
      const stream = new PassThrough()
      stream.on("error", () => {})
      stream.destroy(new Error("the cable is out"))
      await new Promise((resolve) => stream.once("close", resolve))
      return stream
    },
    /has failed already \(the cable is out\); give one that is open/
  ],
  "was ended by this side": [async () => new PassThrough().end(), /has ended already; give one that is open/],
  "was ended by the other side": [
    async () => {
      const [near, far] = duplexPair()
      far.end()
      await new Promise((resolve) => near.resume().once("end", resolve))
      return near
    },
    /has ended already; give one that is open/
  ],
  "is one of objects": [async () => new PassThrough({ objectMode: true }), /is one of objects; give one of bytes/],
  "reads text": [async () => new PassThrough().setEncoding("utf8"), /reads text .* give one that reads bytes/]
}

describe("a layer over a duplex", () => {
  for (const [name, [make, says]] of Object.entries(unfit)) {
    it.live(`fails to open with a TransportError when the stream ${name}`, () =>
      Effect.gen(function* () {
        for (const [opening, stage] of [
          [openOf, "open"],
          [acceptOf, "listen"]
        ] as const) {
          const error = yield* Effect.flip(opening(yield* Effect.promise(make)))
          assert.instanceOf(error, TransportError)
          assert.strictEqual(error.stage, stage)
          assert.match(error.message, says)
        }
      })
    )
  }

  it.live("opens one link over a stream that is there, and says what to do for more", () =>
    Effect.gen(function* () {
      const transport = yield* Effect.provide(Transport, DuplexLink.layer(new PassThrough(), { address: "pipe" }))
      assert.strictEqual((yield* transport.open).address, "pipe")
      const error = yield* Effect.flip(transport.open)
      assert.match(error.message, /has served a link already; give an Effect that makes one for each/)
    })
  )

  it.live("makes a stream for each link, in the scope of the link and with what the making needs", () =>
    Effect.gen(function* () {
      class Plan extends Context.Service<Plan, string>()("test/Plan") {}
      const events: Array<string> = []
      const made = Effect.gen(function* () {
        events.push(`made by ${yield* Plan}`)
        yield* Effect.addFinalizer(() => Effect.sync(() => events.push("let go")))
        return new PassThrough()
      })
      const layer = DuplexLink.layer(made).pipe(Layer.provide(Layer.succeed(Plan, "plan")))
      const transport = yield* Effect.provide(Transport, layer)
      const opened = Effect.andThen(
        transport.open,
        Effect.sync(() => events.push("open"))
      )
      for (let link = 0; link < 2; link++) yield* Effect.scoped(opened)
      assert.deepStrictEqual(events, ["made by plan", "open", "let go", "made by plan", "open", "let go"])
    })
  )

  it.live("destroys a stream that was made for it and is not fit", () =>
    Effect.gen(function* () {
      const stream = new PassThrough({ objectMode: true })
      yield* Effect.flip(openOf(Effect.succeed(stream)))
      assert.isTrue(stream.destroyed)
      const given = new PassThrough({ objectMode: true })
      yield* Effect.flip(openOf(given))
      assert.isFalse(given.destroyed)
    })
  )

  it.live("accepts one link, and is done", () =>
    Effect.gen(function* () {
      const [near, far] = duplexPair()
      const listener = yield* Effect.provide(Listener, DuplexLink.layerListener(far))
      const recorder = record(yield* listener.accept)
      assert.isTrue(Cause.isDone(yield* Effect.flip(listener.accept)))
      near.write("hello")
      yield* recorder.until(() => recorder.bytes === 5)
    })
  )
})
