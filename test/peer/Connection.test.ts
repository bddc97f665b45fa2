import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Zlib from "node:zlib"
import type { IpcError } from "../../src/peer/IpcError.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { clientOfRaw, heldClient, type HeldLink } from "./lines.ts"
import { numbers, Office } from "./Office.ts"
import { frame, hello, Raw } from "./Raw.ts"
import { reasonOf, reasonOfExit } from "./reasons.ts"
import { settle, turn } from "./turns.ts"

const started = { startImmediately: true } as const
const count = (most: number): ReadonlyArray<number> => Array.from({ length: most }, (_, n) => n)
const ofOffice = (besides?: object) => hello("office", ["Tick"], besides)

const greeted = (options?: Parameters<typeof heldClient>[1]) =>
  Effect.gen(function* () {
    const held = yield* heldClient(Office, options)
    held.link.sink!.bytes(ofOffice())
    return held
  })

/** The frames in what a link was offered. */
const framesIn = (chunks: ReadonlyArray<Uint8Array>) => {
  const raw = new Raw(() => {})
  for (const chunk of chunks) raw.hear(chunk)
  return raw.frames
}

const success = (id: number, value: unknown) =>
  frame("Success", { id, number: numbers.Ask, body: JSON.stringify(value) })

describe("what a connection writes", () => {
  it.effect("in one tick leaves in one chunk", () =>
    Effect.gen(function* () {
      const { client, link } = yield* greeted()
      yield* Effect.forEach(count(20), (n) => Effect.forkChild(client.Ask({ text: `${n}` }), started))
      yield* turn
      const chunks = link.take()
      assert.strictEqual(chunks.length, 1)
      assert.strictEqual(framesIn(chunks).length, 20)
    })
  )

  it.effect("leaves before the end of the tick once there are 2 KiB of it", () =>
    Effect.gen(function* () {
      const { client, link } = yield* greeted()
      const ask = (n: number) => Effect.runFork(client.Ask({ text: `question ${n}` }))
      const calls = count(500).map(ask)
      const early = link.offered.length
      yield* turn
      const chunks = link.take()
      assert.isAbove(early, 5)
      assert.isTrue(chunks.slice(0, -1).every((chunk) => chunk.length >= 2048 && chunk.length < 2200))
      assert.strictEqual(framesIn(chunks).length, 500)
      yield* Fiber.interruptAll(calls)
    })
  )

  it.effect("waits in the callers while the link takes no more, and goes on in order", () =>
    Effect.gen(function* () {
      const { client, link } = yield* greeted()
      link.accepts = false
      const calls = yield* Effect.forEach(count(3), (n) => Effect.forkChild(client.Ask({ text: `${n}` }), started))
      yield* turn
      // What one tick had to say is with the link; the rest is held back.
      assert.strictEqual(framesIn(link.take()).length, 3)
      calls.push(...(yield* Effect.forEach(count(5), (n) => Effect.forkChild(client.Ask({ text: `${n}` }), started))))
      yield* settle
      assert.strictEqual(link.offered.length, 0)
      // Giving up is told at once all the same.
      yield* Fiber.interrupt(calls[0]!)
      yield* Fiber.interrupt(calls[7]!)
      yield* turn
      assert.deepStrictEqual(
        framesIn(link.take()).map(({ kind }) => kind),
        ["Cancel"]
      )
      link.drain()
      yield* turn
      assert.deepStrictEqual(
        framesIn(link.take()).map(({ text }) => text),
        count(4).map((n) => `${n}`)
      )
    })
  )

  it.effect("stops again when the link is full again while it is drained", () =>
    Effect.gen(function* () {
      const { client, link } = yield* greeted()
      link.accepts = false
      yield* Effect.forkChild(client.Ask({ text: "" }), started)
      yield* turn
      const calls = yield* Effect.forEach(count(3), () =>
        Effect.forkChild(client.Ask({ text: "x".repeat(3000) }), started)
      )
      link.take()
      // The link is empty, and full with the next chunk.
      link.queuedBytes = 0
      link.sink!.drained()
      yield* turn
      assert.strictEqual(link.take().length, 1)
      link.drain()
      yield* turn
      assert.strictEqual(link.take().length, 2)
      for (const call of calls) assert.isUndefined(call.pollUnsafe())
    })
  )

  it.effect("closes the connection of a peer that does not read, once too much waits for it", () =>
    Effect.gen(function* () {
      const { client, link } = yield* greeted({ outgoingMaxBytes: 100_000 })
      link.accepts = false
      const first = yield* Effect.forkChild(client.Ask({ text: "x".repeat(90_000) }), started)
      const second = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      yield* settle
      assert.isUndefined(first.pollUnsafe())
      assert.isUndefined(second.pollUnsafe())
      // Only control messages are written now, and they count as well.
      for (let n = 0; n < 1000; n++) link.sink!.bytes(frame("Ping"))
      for (const call of [first, second]) {
        assert.include(reasonOfExit(yield* Fiber.await(call), "Disconnected").detail, "stopped reading")
      }
      reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Disconnected")
    })
  )

  it.effect("is nothing once the connection is over", () =>
    Effect.gen(function* () {
      const { client, link } = yield* greeted()
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      yield* turn
      link.take()
      link.sink!.bytes(Buffer.concat([frame("Bye"), frame("Ping"), success(1, "late"), ofOffice()]))
      link.sink!.bytes(frame("Ping"))
      yield* Fiber.await(call)
      yield* Effect.exit(client.Ask({ text: "" }))
      yield* settle
      assert.strictEqual(link.offered.length, 0)
    })
  )
})

describe("what a connection reads", () => {
  const faultsOf = Effect.fnUntraced(function* (wire = Native.wire()) {
    const faults: Array<IpcError> = []
    const { client, link } = yield* heldClient(
      Office,
      { onFault: (fault) => Effect.sync(() => faults.push(fault)) },
      wire
    )
    link.sink!.bytes(ofOffice())
    return { client, faults, link }
  })

  it.effect("and is no frame is reported once for each chunk, with its size and its beginning", () =>
    Effect.gen(function* () {
      const { client, faults, link } = yield* faultsOf()
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      const noise = new TextEncoder().encode("a log line that goes on and on ".repeat(20))
      link.sink!.bytes(Buffer.concat([noise, frame("Ping"), noise, success(1, "fine"), noise]))
      assert.strictEqual(yield* Fiber.join(call), "fine")
      assert.strictEqual(faults.length, 1)
      const reason = reasonOf(faults[0], "Malformed")
      assert.include(reason.detail, `${noise.length * 3} bytes`)
      assert.include(reason.detail, "a log line")
      assert.isBelow(reason.detail.length, 400)
      assert.isUndefined(reason.method)
      link.sink!.bytes(noise)
      assert.strictEqual(faults.length, 2)
    })
  )

  it.effect("and ends within a frame is reported", () =>
    Effect.gen(function* () {
      const { faults, link } = yield* faultsOf()
      link.sink!.bytes(success(1, "cut").subarray(0, 18))
      assert.strictEqual(faults.length, 0)
      link.sink!.end({ _tag: "Ended" })
      assert.include(reasonOf(faults[0], "Malformed").detail, "18 bytes")
    })
  )

  it.effect("and stands still within a frame is given up where stray bytes can look like one", () =>
    Effect.gen(function* () {
      const { client, faults, link } = yield* faultsOf(Native.wire({ checksum: Zlib.crc32, crc: true }))
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      // A header that claims more than what comes, and hides the answer after it.
      link.sink!.bytes(Buffer.concat([frame("Event", { body: "x".repeat(300) }).subarray(0, 16), success(1, "fine")]))
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(call.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(call), "fine")
      assert.isAbove(faults.length, 0)
    })
  )

  it.effect("on a second stream and is no frame goes back to the link, or is reported where that takes none", () =>
    Effect.gen(function* () {
      const { client, faults, link } = yield* faultsOf()
      let text = ""
      link.stray = (bytes) => void (text += Buffer.from(bytes).toString())
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      link.sink!.bytes(Buffer.concat([Buffer.from("a line\n"), success(1, "fine"), Buffer.from("another\n")]), 1)
      assert.strictEqual(yield* Fiber.join(call), "fine")
      assert.deepStrictEqual([text, faults], ["a line\nanother\n", []])
      link.sink!.bytes(Buffer.from("first"))
      assert.strictEqual(text, "a line\nanother\n")
      assert.strictEqual(faults.length, 1)
      link.stray = undefined
      link.sink!.bytes(Buffer.from("second"), 1)
      assert.include(reasonOf(faults[1], "Malformed").detail, "second")
    })
  )

  it.effect("on a second stream and stands still is given up, although the first moves, and the other way round", () =>
    Effect.gen(function* () {
      const { client, link } = yield* faultsOf(Native.wire({ checksum: Zlib.crc32, crc: true }))
      link.stray = () => {}
      const claim = frame("Event", { body: "x".repeat(300) }).subarray(0, 16)
      for (const [id, stream] of [
        [1, 1],
        [2, 0]
      ] as const) {
        const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
        link.sink!.bytes(Buffer.concat([claim, success(id, "fine")]), stream)
        for (let n = 0; n < 3; n++) {
          yield* TestClock.adjust("3 seconds")
          link.sink!.bytes(frame("Pong"), 1 - stream)
        }
        assert.isUndefined(call.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(call), "fine")
      }
    })
  )

  it.effect("and is none of the peer's bytes is reported as the link says it", () =>
    Effect.gen(function* () {
      const { client, faults, link } = yield* faultsOf()
      link.sink!.foreign!("a message of others came")
      assert.strictEqual(reasonOf(faults[0], "Malformed").detail, "a message of others came")
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      link.sink!.bytes(success(1, "fine"))
      assert.strictEqual(yield* Fiber.join(call), "fine")
    })
  )

  it.effect("is read on when the one who hears of faults throws, or dies", () =>
    Effect.gen(function* () {
      for (const onFault of [
        () => {
          throw new Error("a bug")
        },
        () => Effect.die("a bug")
      ]) {
        const { client, link } = yield* greeted({ onFault })
        const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
        link.sink!.bytes(Buffer.concat([Buffer.from("noise"), success(1, "fine")]))
        link.sink!.bytes(Buffer.from("noise"))
        assert.strictEqual(yield* Fiber.join(call), "fine")
      }
    })
  )

  it.effect("of a version that the user's own check throws on is refused", () =>
    Effect.gen(function* () {
      const accepts = () => {
        throw new Error("a bug")
      }
      const { client, link } = yield* heldClient(Office, { accepts })
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      link.sink!.bytes(ofOffice({ version: "junk" }))
      assert.strictEqual(reasonOfExit(yield* Fiber.await(call), "Incompatible").remote, "office junk")
    })
  )
})

/** A clock that counts those who wait by it. */
const countingClock = Effect.map(Clock.Clock, (clock) => {
  const waiting = { count: 0 }
  const counted: Clock.Clock = Object.create(clock, {
    sleep: {
      value: (duration: Duration.Duration): Effect.Effect<void> =>
        Effect.suspend(() => {
          waiting.count++
          return Effect.ensuring(
            clock.sleep(duration),
            Effect.sync(() => waiting.count--)
          )
        })
    }
  })
  return { clock: counted, waiting }
})

describe("the timer of a connection", () => {
  /** A client in a scope of its own, whose timers are counted. */
  const timed = (options: Parameters<typeof heldClient>[1] = {}, wire = Native.wire()) =>
    Effect.gen(function* () {
      const { clock, waiting } = yield* countingClock
      const scope = yield* Scope.make()
      const { client, link } = yield* heldClient(Office, options, wire).pipe(
        Effect.provideService(Clock.Clock, clock),
        Scope.provide(scope)
      )
      const sleeping = Effect.map(settle, () => waiting.count)
      return { client, close: Scope.close(scope, Exit.void), link, sleeping }
    })

  it.effect("runs while something is due, and not otherwise", () =>
    Effect.gen(function* () {
      const { client, link, sleeping } = yield* timed()
      assert.strictEqual(yield* sleeping, 1)
      link.sink!.bytes(ofOffice())
      assert.strictEqual(yield* sleeping, 0)
      yield* Effect.forkChild(client.Ask({ text: "" }), started)
      assert.strictEqual(yield* sleeping, 0)
      const calls = yield* Effect.forEach(count(5), (n) =>
        Effect.forkChild(client.Ask({ text: "" }, { timeout: 1000 - n }), started)
      )
      assert.strictEqual(yield* sleeping, 1)
      yield* TestClock.adjust(1000)
      for (const call of calls) reasonOfExit(yield* Fiber.await(call), "TimedOut")
      assert.strictEqual(yield* sleeping, 0)
    })
  )

  it.effect("is not started by a frame that begins after the end", () =>
    Effect.gen(function* () {
      const { link, sleeping } = yield* timed({}, Native.wire({ checksum: Zlib.crc32, crc: true }))
      link.sink!.bytes(ofOffice())
      assert.strictEqual(yield* sleeping, 0)
      link.sink!.bytes(Buffer.concat([frame("Bye"), frame("Ping").subarray(0, 9)]))
      assert.strictEqual(yield* sleeping, 0)
    })
  )

  const ends: ReadonlyArray<
    readonly [string, (held: { link: HeldLink; close: Effect.Effect<void> }) => Effect.Effect<void>]
  > = [
    ["its scope closes", ({ close }) => close],
    ["the peer says Bye", ({ link }) => Effect.sync(() => link.sink!.bytes(frame("Bye")))],
    ["the link ends", ({ link }) => Effect.sync(() => link.sink!.end({ _tag: "Ended" }))],
    [
      "the link ends within a frame",
      ({ link }) =>
        Effect.sync(() => {
          link.sink!.bytes(frame("Ping").subarray(0, 9))
          link.sink!.end({ _tag: "Ended" })
        })
    ],
    ["the peer is refused", ({ link }) => Effect.sync(() => link.sink!.bytes(hello("another", [])))]
  ]
  for (const [name, end] of ends) {
    it.effect(`is gone when ${name}`, () =>
      Effect.gen(function* () {
        const wire = Native.wire({ checksum: Zlib.crc32, crc: true })
        const held = yield* timed({ heartbeat: "1 second" }, wire)
        if (name !== "the peer is refused") held.link.sink!.bytes(ofOffice())
        yield* Effect.forkChild(held.client.Ask({ text: "" }, { timeout: "1 hour" }), started)
        assert.strictEqual(yield* held.sleeping, 1)
        yield* end(held)
        assert.strictEqual(yield* held.sleeping, 0)
        yield* held.close
        assert.strictEqual(yield* held.sleeping, 0)
      })
    )
  }
})

describe("an answer that nobody waits for", () => {
  it.effect("is dropped, however many there are", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      raw.say(ofOffice())
      for (let id = 1; id < 5000; id++) raw.say(success(id, "nobody asked"))
      raw.say(frame("Defect", { id: 77, number: numbers.Ask, body: `{"_tag":"Draining"}` }))
      raw.say(frame("Chunk", { id: 78, number: numbers.Follow, body: "[1]" }))
      yield* settle
      const call = yield* Effect.forkChild(client.Ask({ text: "" }), started)
      const { id } = yield* raw.next("Request")
      raw.say(success(id, "fine"))
      assert.strictEqual(yield* Fiber.join(call), "fine")
    })
  )
})
