import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as FastCheck from "fast-check"
import * as Channel from "../../src/foreign/Channel.ts"
import * as Intercept from "../../src/foreign/Intercept.ts"
import type { IpcError } from "../../src/peer/IpcError.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Listener, Transport } from "../../src/transport/Transport.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import { FakeLink } from "./FakeLink.ts"
import { Lines } from "./Lines.ts"

/** A channel over a link in the test's hands. */
const faked = (options: Channel.Options = {}) =>
  Effect.gen(function* () {
    const link = new FakeLink()
    const channel = yield* Channel.fromLink(Lines, link, options)
    return { link, channel }
  })

/** Two channels over one pair of links in memory. */
const joined = (options: Memory.Options = {}) =>
  Effect.gen(function* () {
    const [west, east] = yield* Memory.pair(options)
    return { west: yield* Channel.fromLink(Lines, west), east: yield* Channel.fromLink(Lines, east) }
  })

const reasonOf = (error: IpcError | Cause.Done) => (Cause.isDone(error) ? "done" : error.reason._tag)

describe("reading", () => {
  it.effect("gives each message to one who takes, in order", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      link.deliver("a\nb\nc\n")
      const taken = yield* Effect.all([channel.receive, channel.receive, channel.receive], { concurrency: "unbounded" })
      assert.deepStrictEqual(taken, ["a", "b", "c"])
    })
  )

  it.effect("wakes those who wait, one message each", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      const one = yield* Effect.forkChild(channel.receive, { startImmediately: true })
      const two = yield* Effect.forkChild(channel.receive, { startImmediately: true })
      link.deliver("a\n")
      link.deliver("b\n")
      assert.sameMembers([yield* Fiber.join(one), yield* Fiber.join(two)], ["a", "b"])
    })
  )

  it.effect("leaves the rest of the messages when a stream is left early", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      link.deliver("a\nb\nc\n")
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(channel.messages, 2)), ["a", "b"])
      assert.strictEqual(yield* channel.receive, "c")
    })
  )

  it.effect("takes nothing when it is interrupted while it waits", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      const waiting = yield* Effect.forkChild(channel.receive, { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      link.deliver("a\n")
      assert.strictEqual(yield* channel.receive, "a")
    })
  )

  it.effect("reads messages cut anywhere", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      for (const char of "one\ntwo\n") link.deliver(char)
      link.end({ _tag: "Ended" })
      assert.deepStrictEqual(yield* Stream.runCollect(channel.messages), ["one", "two"])
    })
  )

  it.effect("pauses the link for a reader that lags by messages, and goes on at half", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked({ inboxMessages: 4 })
      link.deliver("a\nb\nc\n")
      assert.isFalse(link.paused)
      link.deliver("d\n")
      assert.isTrue(link.paused)
      yield* channel.receive
      assert.isTrue(link.paused)
      yield* channel.receive
      assert.isFalse(link.paused)
    })
  )

  it.effect("counts each byte once, and never pauses for a reader that keeps up", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked({ inboxBytes: 100 })
      for (let n = 0; n < 5; n++) {
        link.deliver(`${"a".repeat(60)}\n`)
        assert.isFalse(link.paused)
        yield* channel.receive
      }
    })
  )

  it.effect("pauses the link for a reader that lags by bytes", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked({ inboxBytes: 100 })
      link.deliver(`${"a".repeat(60)}\n`)
      assert.isFalse(link.paused)
      link.deliver(`${"b".repeat(60)}\n`)
      assert.isTrue(link.paused)
      yield* channel.receive
      yield* channel.receive
      assert.isFalse(link.paused)
    })
  )
})

describe("writing", () => {
  it.effect("offers what one tick says in one chunk", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      yield* channel.send("a")
      yield* channel.send("b")
      yield* Effect.promise(() => Promise.resolve())
      assert.deepStrictEqual(link.offered, ["a\nb\n"])
    })
  )

  it.effect("waits while the link is full, and sends in the order of asking", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      link.room = 10
      yield* channel.send("x".repeat(3000))
      const sends = yield* Effect.forEach(["a", "b", "c"], (text) =>
        Effect.forkChild(channel.send(text), { startImmediately: true })
      )
      yield* Fiber.interrupt(sends[1]!)
      assert.strictEqual(link.offered.length, 1)
      link.room = Infinity
      link.drain()
      yield* Fiber.joinAll([sends[0]!, sends[2]!])
      yield* channel.send("d")
      yield* Effect.promise(() => Promise.resolve())
      assert.strictEqual(link.offered.slice(1).join(""), "a\nc\nd\n")
    })
  )

  it.effect("lets as many of those who wait go on as there is room for", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      link.room = 3000
      const long = "x".repeat(3000)
      yield* channel.send(long)
      const sends = yield* Effect.forEach([long, long], (text) =>
        Effect.forkChild(channel.send(text), { startImmediately: true })
      )
      link.drain()
      yield* Fiber.join(sends[0]!)
      assert.strictEqual(link.offered.length, 2)
      assert.isUndefined(sends[1]!.pollUnsafe())
    })
  )

  it.effect("fails for a message that cannot be said, and goes on", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked({ maxFrameBytes: 10 })
      assert.strictEqual((yield* Effect.flip(channel.send("a\nb"))).reason._tag, "Unsayable")
      assert.strictEqual((yield* Effect.flip(channel.send("x".repeat(20)))).reason._tag, "Oversized")
      yield* channel.send("fine")
      yield* Effect.promise(() => Promise.resolve())
      assert.deepStrictEqual(link.offered, ["fine\n"])
    })
  )

  it.effect("hands over what was sent when its scope closes at once", () =>
    Effect.gen(function* () {
      const link = new FakeLink()
      yield* Effect.scoped(Effect.flatMap(Channel.fromLink(Lines, link), (channel) => channel.send("last")))
      assert.deepStrictEqual(link.offered, ["last\n"])
    })
  )

  const lines = FastCheck.array(
    FastCheck.string().map((text) => text.toWellFormed().replaceAll(/[\n#?!]/g, "_")),
    { maxLength: 40 }
  )
  const samples = FastCheck.sample(lines, { seed: 5, numRuns: 20 }).map((texts) => ({ texts }))
  it.effect.each(samples)("carries any lines, in order: $texts", ({ texts }) =>
    Effect.gen(function* () {
      const { east, west } = yield* joined({ capacityBytes: 16 })
      const sending = yield* Effect.forkChild(Effect.forEach(texts, (text) => west.send(text)))
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(east.messages, texts.length)), texts)
      yield* Fiber.join(sending)
    })
  )
})

describe("the end", () => {
  it.effect.each([
    [{ _tag: "Ended" }, "done"],
    [{ _tag: "Closed" }, "done"],
    [{ _tag: "Exited", exitCode: 0, signal: undefined, stderrTail: "" }, "done"],
    [{ _tag: "Exited", exitCode: 3, signal: undefined, stderrTail: "boom" }, "Disconnected"],
    [{ _tag: "Exited", exitCode: undefined, signal: "SIGKILL", stderrTail: "" }, "Disconnected"],
    [{ _tag: "Broken", stage: "read", detail: "ECONNRESET" }, "Disconnected"]
  ] as const)("of %o is told as %s, after what has come", ([reason, told]) =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      link.deliver("a\n")
      link.end(reason)
      assert.strictEqual(yield* channel.receive, "a")
      assert.strictEqual(reasonOf(yield* Effect.flip(channel.receive)), told)
      assert.strictEqual((yield* Effect.flip(channel.send("b"))).reason._tag, "Disconnected")
    })
  )

  it.effect("tells how the peer's process ended", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      link.end({ _tag: "Exited", exitCode: 3, signal: undefined, stderrTail: "boom" })
      const error = yield* Effect.flip(channel.send("a"))
      assert.deepInclude(error.reason, { _tag: "Disconnected", exitCode: 3, stderrTail: "boom" })
    })
  )

  it.effect("is told to who waits for it, also where it is a good one, and messages are left", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      const wrapped = yield* Intercept.wrap(channel, { write: (message, next) => next(message) })
      const ended = yield* Effect.forkChild(wrapped.ended, { startImmediately: true })
      link.deliver("a\n")
      assert.isUndefined(ended.pollUnsafe())
      link.end({ _tag: "Exited", exitCode: 0, signal: undefined, stderrTail: "bye" })
      const error = yield* Fiber.join(ended)
      assert.deepInclude(error.reason, { _tag: "Disconnected", exitCode: 0, stderrTail: "bye" })
      assert.strictEqual(yield* channel.receive, "a")
      assert.strictEqual(reasonOf(yield* Effect.flip(channel.receive)), "done")
      assert.strictEqual(yield* channel.ended, error)
    })
  )

  it.effect("fails those who wait to send, and those who wait to receive", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      link.room = 1
      yield* channel.send("x".repeat(3000))
      const sending = yield* Effect.forkChild(Effect.flip(channel.send("a")), { startImmediately: true })
      const receiving = yield* Effect.forkChild(Effect.flip(channel.receive), { startImmediately: true })
      link.end({ _tag: "Broken", stage: "write", detail: "EPIPE" })
      assert.strictEqual(reasonOf(yield* Fiber.join(sending)), "Disconnected")
      assert.strictEqual(reasonOf(yield* Fiber.join(receiving)), "Disconnected")
    })
  )

  it.effect("within a message is Malformed", () =>
    Effect.gen(function* () {
      const { channel, link } = yield* faked()
      link.deliver("a\nhal")
      link.end({ _tag: "Ended" })
      assert.strictEqual(yield* channel.receive, "a")
      assert.strictEqual(reasonOf(yield* Effect.flip(channel.receive)), "Malformed")
    })
  )

  it.effect("comes when the framing is lost: after what was read, and for the peer too", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer())
      const far = yield* Scope.make()
      const { accept } = yield* Effect.provide(Listener, both)
      const channel = yield* Effect.provide(Channel.open(Lines), both)
      const other = yield* Channel.fromLink(Lines, yield* Scope.provide(accept, far))
      yield* other.send("a")
      yield* other.send("!lost")
      yield* other.send("b")
      assert.strictEqual(yield* channel.receive, "a")
      assert.strictEqual(reasonOf(yield* Effect.flip(channel.receive)), "Malformed")
      assert.strictEqual(reasonOf(yield* Effect.flip(channel.send("c"))), "Malformed")
      assert.strictEqual(reasonOf(yield* channel.ended), "Malformed")
      assert.strictEqual(reasonOf(yield* Effect.flip(other.receive)), "done")
    })
  )
})

describe("what is no message", () => {
  it.effect("is told to onJunk and onFault", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const { channel, link } = yield* faked({
        onJunk: (bytes) => Effect.sync(() => told.push(new TextDecoder().decode(bytes))),
        onFault: (error) => Effect.sync(() => told.push(error.message))
      })
      link.deliver("#noise\na\n?what\n")
      link.foreign("text of another")
      assert.strictEqual(yield* channel.receive, "a")
      assert.strictEqual(told[0], "#noise")
      assert.include(told[1], "?what")
      assert.include(told[2], "text of another")
    })
  )

  it.effect("is logged when nobody wants to hear it, and a hook that dies harms nothing", () =>
    Effect.gen(function* () {
      const lines: Array<unknown> = []
      const logger = Logger.make(({ message }) => void lines.push(message))
      const listening = Effect.provide(Logger.layer([logger]))
      const quiet = yield* listening(faked())
      quiet.link.deliver("#noise\n")
      assert.include(String(lines[0]), "6 bytes that belong to no message")
      const dying = yield* listening(faked({ onJunk: () => Effect.die("bug") }))
      dying.link.deliver("#noise\na\n")
      assert.strictEqual(yield* dying.channel.receive, "a")
    })
  )

  it.effect("on a second stream goes back to the link", () =>
    Effect.gen(function* () {
      const { link } = yield* faked()
      link.deliver("text", 1)
      assert.deepStrictEqual(link.strays, ["text"])
    })
  )
})

describe("opening", () => {
  it.effect("fails with ConnectFailed where nobody answers", () =>
    Effect.gen(function* () {
      const error = new TransportError({ stage: "open", address: "nowhere", detail: "nobody is there" })
      const nobody = Layer.succeed(Transport, { address: "nowhere", open: Effect.fail(error) })
      const failed = yield* Effect.flip(Effect.provide(Channel.open(Lines), nobody))
      assert.strictEqual(failed.reason._tag, "ConnectFailed")
    })
  )

  it.effect("that fails leaves nothing behind in its scope", () =>
    Effect.gen(function* () {
      let closed = 0
      const error = new TransportError({ stage: "open", address: "nowhere", detail: "nobody is there" })
      const open = Effect.andThen(
        Effect.addFinalizer(() => Effect.sync(() => void closed++)),
        Effect.fail(error)
      )
      const nobody = Layer.succeed(Transport, { address: "nowhere", open })
      yield* Effect.flip(Effect.provide(Channel.open(Lines), nobody))
      assert.strictEqual(closed, 1)
    })
  )
})

describe("serving", () => {
  it.effect("gives each connection a fiber and a scope, and goes on when one fails", () =>
    Effect.gen(function* () {
      const closed: Array<string> = []
      const echo = (channel: Channel.Channel<string>) =>
        Effect.gen(function* () {
          yield* Effect.addFinalizer(() => Effect.sync(() => closed.push("one")))
          yield* Stream.runForEach(channel.messages, (text) =>
            text === "fail" ? Effect.fail(new Error("as asked")) : Effect.orDie(channel.send(`${text}!`))
          )
        })
      const silent = Logger.layer([])
      const both = yield* Layer.build(Memory.layer())
      yield* Effect.forkChild(Effect.provide(Effect.provide(Channel.serve(Lines, echo), both), silent))
      const one = yield* Effect.provide(Channel.open(Lines), both)
      const two = yield* Effect.provide(Channel.open(Lines), both)
      yield* one.send("fail")
      assert.strictEqual(reasonOf(yield* Effect.flip(one.receive)), "done")
      assert.deepStrictEqual(closed, ["one"])
      yield* two.send("still")
      assert.strictEqual(yield* two.receive, "still!")
    })
  )

  it.effect("ends with its listener, and interrupts the connections when it is interrupted", () =>
    Effect.gen(function* () {
      const started = yield* Deferred.make<void>()
      const layer = yield* Scope.make()
      const both = yield* Layer.buildWithScope(Memory.layer(), layer)
      const wait = () => Effect.andThen(Deferred.succeed(started, undefined), Effect.never)
      const serving = yield* Effect.forkChild(Effect.provide(Channel.serve(Lines, wait), both))
      const channel = yield* Effect.provide(Channel.open(Lines), both)
      yield* Deferred.await(started)
      yield* Fiber.interrupt(serving)
      assert.strictEqual(reasonOf(yield* Effect.flip(channel.receive)), "done")

      const ending = yield* Effect.forkChild(
        Effect.provide(
          Channel.serve(Lines, () => Effect.void),
          both
        )
      )
      yield* Scope.close(layer, Exit.void)
      yield* Fiber.join(ending)
    })
  )

  it.effect("takes no more connections than it may", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer())
      const greet = (channel: Channel.Channel<string>) => Effect.andThen(channel.send("hi"), channel.receive)
      yield* Effect.forkChild(Effect.provide(Channel.serve(Lines, greet, { maxConnections: 1 }), both))
      const one = yield* Effect.provide(Channel.open(Lines), both)
      assert.strictEqual(yield* one.receive, "hi")
      const two = yield* Effect.provide(Channel.open(Lines), both)
      const greeted = yield* Effect.forkChild(two.receive, { startImmediately: true })
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      assert.isUndefined(greeted.pollUnsafe())
      yield* one.send("bye")
      assert.strictEqual(yield* Fiber.join(greeted), "hi")
    })
  )
})
