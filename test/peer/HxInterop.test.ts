/** Two peers that speak hx/interop: what its wire can say works as over any other. */
import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Handlers from "../../src/peer/Handlers.ts"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Faults from "../../src/testing/Faults.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import * as Memory from "../../src/transport/Memory.ts"
import type { Listener, Transport } from "../../src/transport/Transport.ts"
import * as HxInterop from "../../src/wire/dialect/HxInterop.ts"
import { reasonOf } from "./reasons.ts"
import { quiet } from "./serve.ts"

class Odd extends Schema.TaggedError<Odd>()("Odd", { n: Schema.Int }) {}
class Half extends Request.Class<Half>()("Half", {
  payload: { n: Schema.Int },
  success: Schema.Int,
  error: Odd,
  annotations: HxInterop.annotations({ class: "half", headers: ["n"] })
}) {}
class EchoBytes extends Request.Class<EchoBytes>()("EchoBytes", {
  payload: { bytes: Schema.Uint8Array },
  success: Schema.Uint8Array,
  annotations: HxInterop.annotations({ body: "bytes" })
}) {}
class EchoText extends Request.Class<EchoText>()("EchoText", {
  payload: { text: Schema.String },
  success: Schema.String
}) {}
class Headers extends Request.Class<Headers>()("Headers", { success: Schema.Record(Schema.String, Schema.String) }) {}
class Die extends Request.Class<Die>()("Die", { success: Schema.Int }) {}
class Hang extends Request.Class<Hang>()("Hang", { success: Schema.Int }) {}
class Count extends Request.Class<Count>()("Count", { payload: { to: Schema.Int }, success: Schema.Int }) {}
class Note extends Event.Class<Note>()("Note", { n: Schema.Int }) {}
class Tick extends Event.Class<Tick>()(
  "Tick",
  { n: Schema.Int },
  { annotations: HxInterop.annotations({ class: "tick", body: "n" }) }
) {}

const Lab = Protocol.make("hx-lab", {
  version: "1.0.0",
  server: [Half, EchoBytes, EchoText, Headers, Die, Hang, Count, Note],
  client: [Tick]
})

const serve = Effect.gen(function* () {
  const notes: Array<number> = []
  const heard = yield* Deferred.make<ReadonlyArray<number>>()
  const handlers = Handlers.layer(Lab)({
    Half: ({ n }) => (n % 2 === 0 ? Effect.succeed(n / 2) : Effect.fail(new Odd({ n }))),
    EchoBytes: ({ bytes }) => Effect.succeed(bytes),
    EchoText: ({ text }) => Effect.succeed(text),
    Headers: (_, { headers }) => Effect.succeed(headers),
    Die: () => Effect.die(new Error("a bug\nin two lines")),
    Hang: () => Effect.never,
    Count: Effect.fnUntraced(function* ({ to }, { caller }) {
      for (let n = 1; n <= to; n++) yield* Effect.orDie(caller.emit(new Tick({ n })))
      return to
    }),
    Note: ({ n }) =>
      Effect.suspend(() => {
        notes.push(n)
        return n === 2999 ? Deferred.succeed(heard, notes) : Effect.void
      })
  })
  yield* Effect.forkScoped(Effect.provide(RpcServer.run(Lab), handlers))
  return { heard }
})

const scenario = Effect.gen(function* () {
  const { heard } = yield* serve
  const client = yield* RpcClient.make(Lab)
  const ticks = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.events(Tick), 5)))

  assert.strictEqual(yield* client.Half({ n: 8 }), 4)
  const odd = yield* Effect.flip(client.Half({ n: 7 }))
  assert.instanceOf(odd, Odd)
  const text = "ž\n".repeat(100_000)
  assert.strictEqual(yield* client.EchoText({ text }), text)
  const bytes = new Uint8Array(300_000).map((_, at) => at * 7)
  assert.deepStrictEqual([...(yield* client.EchoBytes({ bytes }))], [...bytes])
  assert.deepStrictEqual(yield* client.Headers({}, { headers: { "x-trace": "cödé" } }), { "x-trace": "cödé" })
  assert.strictEqual(reasonOf(yield* Effect.flip(client.Die({})), "RemoteDefect").detail, "Error: a bug\nin two lines")

  const unsayable = reasonOf(
    yield* Effect.flip(client.EchoText({ text: "" }, { headers: { "a\nb": "c" } })),
    "InvalidPayload"
  )
  assert.deepStrictEqual([unsayable.side, unsayable.method], ["local", "EchoText"])

  const halves = yield* Effect.forEach(
    Array.from({ length: 500 }, (_, n) => n * 2),
    (n) => client.Half({ n }),
    {
      concurrency: "unbounded"
    }
  )
  assert.deepStrictEqual(
    halves,
    Array.from({ length: 500 }, (_, n) => n)
  )

  assert.strictEqual(yield* client.Count({ to: 5 }), 5)
  assert.deepStrictEqual(
    (yield* Fiber.join(ticks)).map(({ n }) => n),
    [1, 2, 3, 4, 5]
  )
  yield* Effect.forEach(
    Array.from({ length: 3000 }, (_, n) => n),
    (n) => client.emit(new Note({ n })),
    { discard: true }
  )
  assert.lengthOf(yield* Deferred.await(heard), 3000)

  // Nobody is told that a call is given up: its answer would come late.
  const hung = yield* Effect.forkChild(client.Hang({}))
  yield* Effect.yieldNow
  yield* Fiber.interrupt(hung)
  reasonOf(yield* Effect.flip(client.Hang({}, { timeout: "10 millis" })), "TimedOut")
  assert.strictEqual(yield* client.Half({ n: 2 }), 1)
})

const links: ReadonlyArray<readonly [string, Layer.Layer<Transport | Listener>]> = [
  ["memory", Memory.layer({ wire: HxInterop.wire() })],
  ["memory, with prefixed ids", Memory.layer({ wire: HxInterop.wire({ idPrefix: "js-" }) })],
  ["memory, in frames", Memory.layer({ wire: HxInterop.wire({ frames: "message" }) })],
  [
    "memory that splits",
    Layer.unwrap(
      Effect.map(Faults.make({ seed: 1, split: 0.3 }), (faults) =>
        TestPeer.layerLink({ faults, wire: HxInterop.wire() })
      )
    )
  ]
]

for (const [name, link] of links) {
  it.live(`two peers speak hx/interop over ${name}`, () => Effect.scoped(Effect.provide(scenario, link)).pipe(quiet))
}

it.effect("a protocol with a stream, or requests to the client, is refused when the client is built", () =>
  Effect.gen(function* () {
    class Follow extends Request.Class<Follow>()("Follow", { stream: Schema.Int }) {}
    const streams = Protocol.make("p", { version: "1.0.0", server: [Follow] })
    const reason = reasonOf(yield* Effect.flip(RpcClient.make(streams)), "Unsayable")
    assert.deepStrictEqual([reason.method, reason.detail], ["Follow", "the wire hx-interop has no streams"])
    class Same extends Request.Class<Same>()("Same", { annotations: HxInterop.annotations({ class: "half" }) }) {}
    const doubled = Protocol.make("p", { version: "1.0.0", server: [Half, Same] })
    reasonOf(yield* Effect.flip(RpcClient.make(doubled)), "Unsayable")
  }).pipe(Effect.scoped, Effect.provide(Memory.layer({ wire: HxInterop.wire() })))
)
