/** Two peers that speak as php-stream-ipc does, over memory. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as Lexicon from "../../src/peer/Lexicon.ts"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Transport } from "../../src/transport/Transport.ts"
import * as StreamIpc from "../../src/wire/dialect/StreamIpc.ts"
import { Recorder } from "../wire/tools.ts"
import { reasonOf } from "./reasons.ts"
import { settle, yieldUntil } from "./turns.ts"

class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { file: Schema.String }) {}
class Size extends Request.Class<Size>()("Size", {
  payload: { file: Schema.String },
  success: Schema.Int,
  error: NotFound
}) {}
class Hang extends Request.Class<Hang>()("Hang") {}
class Die extends Request.Class<Die>()("Die") {}
class AskBack extends Request.Class<AskBack>()("AskBack", { success: Schema.Boolean }) {}
class Confirm extends Request.Class<Confirm>()("Confirm", {
  payload: { question: Schema.String },
  success: Schema.Boolean
}) {}
class Progress extends Event.Class<Progress>()("Progress", { done: Schema.Int }) {}

const Files = Protocol.make("files", {
  version: "1.0.0",
  server: [Size, Hang, Die, AskBack, Progress],
  client: [Confirm, Progress]
})

const make = (options: StreamIpc.Options) =>
  Effect.gen(function* () {
    const heard = yield* Deferred.make<number>()
    const handlers = Handlers.layer(Files)({
      Size: ({ file }) => (file === "no" ? Effect.fail(new NotFound({ file })) : Effect.succeed(file.length)),
      Hang: () => Effect.never,
      Die: () => Effect.die(new Error("boom")),
      AskBack: Effect.fnUntraced(function* (_, { caller }) {
        yield* caller.emit(new Progress({ done: 1 })).pipe(Effect.orDie)
        return yield* caller.Confirm({ question: "sure?" }).pipe(Effect.orDie)
      }),
      Progress: ({ done }) => Deferred.succeed(heard, done)
    })
    const answers = Handlers.layerClient(Files)({ Confirm: ({ question }) => Effect.succeed(question === "sure?") })
    const memory = yield* Layer.build(Memory.layer({ wire: StreamIpc.wire(options) }))
    yield* RpcServer.run(Files, { onFault: () => Effect.void }).pipe(
      Effect.provide(handlers),
      Effect.provide(memory),
      Effect.forkScoped
    )
    const client = yield* RpcClient.make(Files).pipe(Effect.provide(answers), Effect.provide(memory))
    return { client, heard }
  })

const speeches: ReadonlyArray<StreamIpc.Options> = [
  {},
  { serializer: "json", namespace: "App" },
  { generation: "old" },
  { generation: "old", serializer: "json" },
  { generation: "detect", serializer: "detect" }
]

describe.each(speeches)("two peers that speak %j", (options) => {
  it.effect("answer each other, with typed errors", () =>
    Effect.gen(function* () {
      const { client } = yield* make(options)
      const sizes = yield* Effect.forEach(["a", "žluť", "x".repeat(100_000)], (file) => client.Size({ file }), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(sizes, [1, 4, 100_000])
      const error = yield* Effect.flip(client.Size({ file: "no" }))
      assert.instanceOf(error, NotFound)
    })
  )

  it.effect("ask and tell in both directions while a call runs", () =>
    Effect.gen(function* () {
      const { client, heard } = yield* make(options)
      const told = yield* Effect.forkChild(Stream.runHead(client.events(Progress)), { startImmediately: true })
      assert.isTrue(yield* client.AskBack({}))
      assert.deepInclude(yield* Fiber.join(told), { _tag: "Some" })
      yield* client.emit(new Progress({ done: 7 }))
      assert.strictEqual(yield* Deferred.await(heard), 7)
    })
  )

  it.effect("end every call: by a defect, or by its timeout", () =>
    Effect.gen(function* () {
      const { client } = yield* make(options)
      reasonOf(yield* Effect.flip(client.Die({})), "RemoteDefect")
      const hanging = yield* Effect.forkChild(Effect.flip(client.Hang({}, { timeout: "2 seconds" })), {
        startImmediately: true
      })
      yield* TestClock.adjust("2 seconds")
      reasonOf(yield* Fiber.join(hanging), "TimedOut")
      // The connection is as good as before.
      assert.strictEqual(yield* client.Size({ file: "ab" }), 2)
    })
  )
})

it.effect("a protocol with streams is refused when the client is built", () =>
  Effect.gen(function* () {
    class Follow extends Request.Class<Follow>()("Follow", { stream: Schema.String }) {}
    const memory = yield* Layer.build(Memory.layer({ wire: StreamIpc.wire() }))
    const streams = Protocol.make("streams", { version: "1.0.0", server: [Follow] })
    const error = yield* Effect.flip(Effect.provide(RpcClient.make(streams), memory))
    assert.include(reasonOf(error, "Unsayable").detail, "php-stream-ipc has no streams")
  })
)

it.effect("a protocol whose requests share a class is refused when the client is built", () =>
  Effect.gen(function* () {
    const annotations = StreamIpc.annotations({ class: "App\\Same" })
    class A extends Request.Class<A>()("A", { annotations }) {}
    class B extends Request.Class<B>()("B", { annotations }) {}
    const memory = yield* Layer.build(Memory.layer({ wire: StreamIpc.wire() }))
    const same = Protocol.make("same", { version: "1.0.0", server: [A, B] })
    const error = yield* Effect.flip(Effect.provide(RpcClient.make(same), memory))
    assert.deepInclude(reasonOf(error, "Unsayable"), { method: "B" })
  })
)

it.effect("a frame that has begun is not given up while this side reads nothing, as its handlers are behind", () =>
  Effect.gen(function* () {
    const gate = yield* Deferred.make<void>()
    const asked = yield* Deferred.make<string>()
    const handlers = Handlers.layer(Files)({
      Size: ({ file }) => Effect.as(Deferred.succeed(asked, file), 1),
      Hang: () => Effect.never,
      Die: () => Effect.never,
      AskBack: () => Effect.never,
      Progress: () => Deferred.await(gate)
    })
    const faults: Array<string> = []
    const wire = StreamIpc.wire()
    const memory = yield* Layer.build(Memory.layer({ wire }))
    yield* RpcServer.run(Files, { onFault: ({ message }) => Effect.sync(() => faults.push(message)) }).pipe(
      Effect.provide(handlers),
      Effect.provide(memory),
      Effect.forkScoped
    )
    const link = yield* Effect.flatMap(Transport, ({ open }) => open).pipe(Effect.provide(memory))
    link.start({ bytes: () => {}, drained: () => {}, end: () => {} })
    const lexicon = Lexicon.compile(Files, "client")
    const codec = wire.open(lexicon, { role: "dialer", maxFrameBytes: 1e6 })
    const out = new Recorder()
    const place = (tag: string) => lexicon.says.findIndex((method) => method.tag === tag)
    for (let done = 0; done < 1100; done++)
      codec.write({ _tag: "Event", method: place("Progress"), payload: new Progress({ done }), bytes: 0 }, out)
    const request = { _tag: "Request", id: 1, method: place("Size"), timeoutMillis: 0, headers: undefined } as const
    codec.write({ ...request, payload: new Size({ file: "late" }) }, out)
    const bytes = out.written()
    link.offer(bytes.subarray(0, -20))
    yield* TestClock.adjust("1 minute")
    yield* Deferred.succeed(gate, undefined)
    yield* TestClock.adjust("1 second")
    link.offer(bytes.subarray(-20))
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(faults, [])
    assert.strictEqual(yield* Deferred.await(asked), "late")
  })
)

describe("events that all wait for an answer over the connection they came by", () => {
  class Note extends Event.Class<Note>()("Note", { n: Schema.Int }) {}
  const Notes = Protocol.make("notes", { version: "1.0.0", server: [Note], client: [Confirm] })
  const total = 3000

  it.effect("are held up, get their answers in time, and none is lost", () =>
    Effect.gen(function* () {
      const gate = yield* Latch.make(false)
      let running = 0
      let most = 0
      let heard = 0
      const handlers = Handlers.layer(Notes)({
        Note: Effect.fnUntraced(function* (_, { caller }) {
          most = Math.max(most, ++running)
          yield* gate.await
          yield* Effect.orDie(caller.Confirm({ question: "" }))
          running--
          heard++
        })
      })
      const answers = Handlers.layerClient(Notes)({ Confirm: () => Effect.succeed(true) })
      const memory = yield* Layer.build(Memory.layer({ wire: StreamIpc.wire() }))
      yield* RpcServer.run(Notes).pipe(Effect.provide(handlers), Effect.provide(memory), Effect.forkScoped)
      const client = yield* RpcClient.make(Notes).pipe(Effect.provide(answers), Effect.provide(memory))
      const notes = Array.from({ length: total }, (_, n) => new Note({ n }))
      const emitting = yield* Effect.forkChild(Effect.forEach(notes, client.emit, { discard: true }))
      yield* settle
      // As many as are kept, and the rest of a chunk.
      assert.isAtLeast(most, 1024)
      assert.isBelow(most, 1100)

      yield* gate.open
      yield* settle
      assert.strictEqual(heard, 0, "the answers are behind events that are not read")
      yield* TestClock.adjust("1 second")
      yield* yieldUntil(() => heard === total)
      yield* Fiber.join(emitting)
    })
  )
})
