import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as RpcClient from "../../src/peer/RpcClient.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import * as TestPeer from "../../src/testing/TestPeer.ts"
import * as Memory from "../../src/transport/Memory.ts"
import { Transport } from "../../src/transport/Transport.ts"
import { TransportError } from "../../src/transport/TransportError.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import { clientOfRaw, HeldLink } from "./lines.ts"
import { Ask, layer, numbers, Office, Tick } from "./Office.ts"
import { frame, hello } from "./Raw.ts"
import { reasonOf } from "./reasons.ts"
import { settle } from "./turns.ts"

const started = { startImmediately: true } as const
const wire = Native.wire()

describe("RpcClient.make", () => {
  it.effect("gives a client before the server has said anything, and calls may be made at once", () =>
    Effect.gen(function* () {
      const { client, raw } = yield* clientOfRaw(Office)
      const call = yield* Effect.forkChild(client.Ask({ text: "early" }), started)
      const { id } = yield* raw.next("Request")
      assert.strictEqual(raw.frames[0]!.kind, "Hello")
      raw.say(hello("office", ["Tick"]), frame("Success", { id, number: numbers.Ask, body: `"fine"` }))
      assert.strictEqual(yield* Fiber.join(call), "fine")
    })
  )

  it.effect("fails with ConnectFailed when no link can be opened", () =>
    Effect.gen(function* () {
      const detail = "nobody is there; start the server"
      const open = Effect.fail(new TransportError({ stage: "open", address: "nowhere", detail }))
      const transport = Layer.succeed(Transport, { address: "nowhere", wire, open })
      const reason = reasonOf(yield* Effect.flip(Effect.provide(RpcClient.make(Office), transport)), "ConnectFailed")
      assert.deepStrictEqual([reason.address, reason.detail], ["nowhere", detail])
      assert.strictEqual(reason.message, `cannot connect to nowhere: ${detail}`)
    })
  )

  it.effect("fails with Unsayable when the wire cannot say the protocol, and opens nothing", () =>
    Effect.gen(function* () {
      const poor = { ...wire, name: "poor", can: { ...wire.can, progress: false } }
      const open = Effect.die("opened")
      const transport = Layer.succeed(Transport, { address: "memory", wire: poor, open })
      const reason = reasonOf(yield* Effect.flip(Effect.provide(RpcClient.make(Office), transport)), "Unsayable")
      assert.deepStrictEqual([reason.method, reason.detail], ["Work", "the wire poor has no progress"])
    })
  )

  it.effect("closes the link when it is interrupted while it opens", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const opening = yield* Deferred.make<void>()
      const open = Effect.acquireRelease(
        Effect.as(
          Effect.sync(() => events.push("opened")),
          new HeldLink()
        ),
        () => Effect.sync(() => events.push("closed"))
      ).pipe(Effect.tap(() => Effect.andThen(Deferred.succeed(opening, undefined), Effect.never)))
      const transport = Layer.succeed(Transport, { address: "held", wire, open })
      const making = yield* Effect.forkChild(Effect.scoped(Effect.provide(RpcClient.make(Office), transport)))
      yield* Deferred.await(opening)
      yield* Fiber.interrupt(making)
      assert.deepStrictEqual(events, ["opened", "closed"])
    })
  )

  it.effect("closes the link as soon as the connection is over, before its own scope closes", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const link = new HeldLink()
      const open = Effect.acquireRelease(Effect.succeed(link), () => Effect.sync(() => events.push("closed")))
      const client = yield* Effect.provide(
        RpcClient.make(Office),
        Layer.succeed(Transport, { address: "held", wire, open })
      )
      link.sink!.bytes(frame("Bye"))
      yield* settle
      assert.deepStrictEqual(events, ["closed"])
      reasonOf(yield* Effect.flip(client.Ask({ text: "" })), "Disconnected")
    })
  )
})

describe("a client", () => {
  it.effect("is a frozen record of its methods, and no promise", () =>
    Effect.gen(function* () {
      const { client } = yield* clientOfRaw(Office)
      assert.deepStrictEqual(Object.keys(client).sort(), [
        "Ask",
        "Follow",
        "Send",
        "Upload",
        "Work",
        "emit",
        "events",
        "send"
      ])
      assert.isTrue(Object.isFrozen(client))
      assert.isUndefined((client as { readonly then?: unknown }).then)
      assert.isUndefined((client as { readonly toString?: unknown }).toString)
    })
  )

  it.effect("sends a request as an instance", () =>
    Effect.gen(function* () {
      const client = yield* TestPeer.make(Office)
      assert.strictEqual(yield* client.send(new Ask({ text: "a" })), "a")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("may run one call again and again", () =>
    Effect.gen(function* () {
      const client = yield* TestPeer.make(Office)
      const ask = client.Ask({ text: "a" })
      assert.deepStrictEqual(yield* Effect.all([ask, ask, ask], { concurrency: 2 }), ["a", "a", "a"])
    }).pipe(Effect.provide(layer()))
  )
})

describe("RpcClient.Service", () => {
  class OfficeClient extends RpcClient.Service<OfficeClient>()("test/Office", Office) {}

  const ask = Effect.flatMap(OfficeClient, (office) => office.Ask({ text: "a" }))

  it.effect("gives a client as a service, whose connection closes with its layer", () =>
    Effect.gen(function* () {
      const both = yield* Layer.build(Memory.layer({ wire }))
      yield* Effect.forkScoped(Effect.provide(RpcServer.run(Office), both))
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        OfficeClient.layer().pipe(Layer.provide(Layer.succeedContext(both))),
        scope
      )
      assert.strictEqual(yield* Effect.provide(ask, context), "a")
      yield* Scope.close(scope, Exit.void)
      reasonOf(yield* Effect.flip(Effect.provide(ask, context)), "Disconnected")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("opens a connection for each layer that was made", () =>
    Effect.gen(function* () {
      let opened = 0
      const open = Effect.sync(() => (opened++, new HeldLink()))
      const transport = Layer.succeed(Transport, { address: "held", wire, open })
      const one = OfficeClient.layer()
      yield* Effect.provide(Effect.all([OfficeClient, OfficeClient]), one.pipe(Layer.provide(transport)))
      yield* Effect.provide(OfficeClient, OfficeClient.layer().pipe(Layer.provide(transport)))
      assert.strictEqual(opened, 2)
    })
  )

  it.effect("may be another thing in a test", () =>
    Effect.gen(function* () {
      const fake: OfficeClient["Service"] = {
        ...(yield* clientOfRaw(Office)).client,
        Ask: () => Effect.succeed("fake"),
        events: () => Stream.make(new Tick({ n: 1 })) as never
      }
      assert.strictEqual(yield* Effect.provideService(ask, OfficeClient, fake), "fake")
    })
  )
})
