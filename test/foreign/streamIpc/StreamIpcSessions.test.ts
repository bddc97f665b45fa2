import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Hub from "../../../src/foreign/Hub.ts"
import * as StreamIpcSession from "../../../src/foreign/streamIpc/StreamIpcSession.ts"
import * as StreamIpcSessions from "../../../src/foreign/streamIpc/StreamIpcSessions.ts"
import * as Memory from "../../../src/transport/Memory.ts"
import { facing, log, text } from "./peers.ts"

it.effect(
  "32 CloseRemovesSessionFromPeer and OLD broadcast: tells all of its sessions something, and forgets those that are over",
  () =>
    Effect.gen(function* () {
      const group = yield* StreamIpcSessions.make()
      const one = yield* facing({ serializer: "json" })
      const two = yield* facing({ serializer: "json" })
      yield* group.add(one.session)
      yield* group.add(two.session)
      assert.strictEqual(yield* group.broadcast(log("all")), 2)
      yield* one.peer.until((sent) => sent.length > 0)
      yield* two.peer.until((sent) => sent.length > 0)
      assert.deepStrictEqual(one.peer.sent, two.peer.sent)
      one.peer.ends()
      yield* one.session.finished
      yield* Effect.yieldNow
      assert.deepStrictEqual(yield* group.sessions, [two.session])
      assert.strictEqual(yield* group.broadcast(log("one")), 1)
    })
)

it.effect("tells the others when one cannot be told", () =>
  Effect.gen(function* () {
    const group = yield* StreamIpcSessions.make()
    const json = yield* facing({ serializer: "json" })
    const php = yield* facing({ serializer: "php" })
    yield* group.add(json.session)
    yield* group.add(php.session)
    const error = yield* Effect.flip(group.broadcast(log(Uint8Array.of(0xff))))
    assert.deepStrictEqual([error.reached, error.errors.length], [1, 1])
  })
)

it.effect("61 ComplexMultiProcess: drives N workers, each answering in its own time and asking back", () =>
  Effect.gen(function* () {
    const workers = yield* Effect.forkChild(
      StreamIpcSession.serve(
        {
          onRequest: [
            (request, session) =>
              Effect.gen(function* () {
                yield* session.notify(log("started"))
                const answer = yield* session.request(log("how?"))
                return log(`${text(request)} ${text(answer)}`)
              })
          ]
        },
        (session) => session.finished
      )
    )
    const group = yield* StreamIpcSessions.make({
      onRequest: [() => Effect.succeed(log("well"))]
    })
    yield* Effect.replicateEffect(group.open, 5)
    const heard = yield* Effect.forEach(
      yield* group.sessions,
      (session, index) =>
        Effect.gen(function* () {
          const answer = yield* session.request(log(`job ${index}`))
          const [first] = yield* Stream.runCollect(Stream.take(session.messages, 1))
          return [text(first), text(answer)]
        }),
      { concurrency: "unbounded" }
    )
    assert.deepStrictEqual(
      heard,
      [0, 1, 2, 3, 4].map((index) => ["started", `job ${index} well`])
    )
    assert.isUndefined(workers.pollUnsafe())
  }).pipe(Effect.scoped, Effect.provide(Memory.layer()))
)

it.effect("is a hub's work where the peers dial: a session over each connection, and a broadcast", () =>
  Effect.gen(function* () {
    const ready = yield* Deferred.make<void>()
    const hub = yield* Hub.make(StreamIpcSession.format(), (connection) =>
      Effect.gen(function* () {
        const session = yield* StreamIpcSession.fromChannel(connection)
        yield* session.onRequest(() => Effect.succeed(log(`you are ${connection.id}`)))
        yield* Deferred.succeed(ready, undefined)
        yield* session.finished
      })
    )
    const scope = yield* Scope.make()
    const client = yield* Scope.provide(StreamIpcSession.make(), scope)
    yield* Deferred.await(ready)
    assert.strictEqual(text(yield* client.request(log("who?"))), "you are 1")
    assert.strictEqual(yield* hub.broadcast({ _tag: "Notification", message: log("all") }), 1)
    assert.deepStrictEqual(yield* Stream.runCollect(Stream.map(Stream.take(client.messages, 1), text)), ["all"])
    yield* Scope.close(scope, Exit.void)
  }).pipe(Effect.scoped, Effect.provide(Memory.layer()))
)
