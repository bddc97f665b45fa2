import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Faults from "../../src/testing/Faults.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import * as Values from "../../src/testing/Values.ts"
import { reasonOf } from "../peer/reasons.ts"
import { Cold, Count, handlers, Poke, Poked, Small } from "./staff.ts"

const watched = Effect.gen(function* () {
  const said: Array<Values.Said> = []
  const wire = Values.wire({ onMessage: (message) => said.push(message) })
  return { said, client: yield* TestPeer.make(Small, { wire }) }
})

describe("the wire without bytes", () => {
  it.effect("tells what was said, in order, by whom, about what", () =>
    Effect.gen(function* () {
      const { client, said } = yield* watched
      assert.strictEqual(yield* client.Echo({ text: "a" }), "a")
      assert.deepStrictEqual(yield* Effect.flip(client.Echo({ text: "" })), new Cold({ degrees: -3 }))
      const told = said.filter(({ tag }) => tag !== undefined)
      assert.deepStrictEqual(
        told.map(({ by, message, tag }) => `${by} ${tag} ${message._tag}`),
        ["client Echo Request", "server Echo Success", "client Echo Request", "server Echo Failure"]
      )
      assert.deepInclude(told[0]!.message, { payload: { text: "a" } })
      assert.deepInclude(told[3]!.message, { error: { _tag: "Cold", degrees: -3 } })
    }).pipe(Effect.provide(handlers))
  )

  it.effect("carries streams, inputs and events", () =>
    Effect.gen(function* () {
      const { client } = yield* watched
      assert.strictEqual((yield* Stream.runCollect(client.Count({ to: 5000 }))).length, 5000)
      assert.strictEqual(yield* client.Sum({}, { input: Stream.range(1, 3000) }), 4501500)
      yield* client.emit(new Poke({ n: 4 }))
      const [poked] = yield* Stream.runCollect(Stream.take(client.events(Poked), 1))
      assert.instanceOf(poked, Poked)
      assert.strictEqual(poked!.n, 4)
    }).pipe(Effect.provide(handlers))
  )

  it.effect("refuses what does not fit its schema, as over any wire", () =>
    Effect.gen(function* () {
      const { client } = yield* watched
      const failure = yield* Effect.flip(client.Echo({ text: 1 as never }))
      assert.deepInclude(reasonOf(failure, "InvalidPayload"), { side: "local", part: "payload", method: "Echo" })
    }).pipe(Effect.provide(handlers))
  )

  it.effect("finds a method by its tag, whatever its number on the other side", () =>
    Effect.gen(function* () {
      class Newer extends Request.Class<Newer>()("Newer", { success: Schema.Int }) {}
      const Other = Protocol.make("small", { version: "1.1.0", server: [Newer, Count] })
      const line = yield* Layer.build(TestPeer.layerLink({ wire: Values.wire() }))
      yield* Effect.forkScoped(Effect.provide(RpcServer.run(Small), line))
      const client = yield* Effect.provide(RpcClient.make(Other), line)
      assert.deepStrictEqual(yield* Stream.runCollect(client.Count({ to: 2 })), [1, 2])
      reasonOf(yield* Effect.flip(client.Newer()), "UnknownMethod")
    }).pipe(Effect.provide(handlers))
  )

  it.effect("reads tickets that come cut anywhere", () =>
    Effect.gen(function* () {
      const faults = yield* Faults.make()
      yield* faults.split(3)
      const client = yield* TestPeer.make(Small, { wire: Values.wire(), faults })
      assert.deepStrictEqual(yield* Stream.runCollect(client.Count({ to: 3 })), [1, 2, 3])
    }).pipe(Effect.provide(handlers))
  )
})
