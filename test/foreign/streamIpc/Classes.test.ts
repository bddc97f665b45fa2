import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type * as Php from "../../../src/foreign/streamIpc/Php.ts"
import * as PhpClass from "../../../src/foreign/streamIpc/PhpClass.ts"
import type { IpcError } from "../../../src/peer/IpcError.ts"
import { dto, facing, log, pair, recorded } from "./peers.ts"

class Add extends Schema.Class<Add>("Add")({ a: Schema.Int, b: Schema.Int }) {}
class Sum extends Schema.Class<Sum>("Sum")({ value: Schema.Int }) {}

const classes = [PhpClass.make<Add | Sum>("App\\Add", Add), PhpClass.make<Add | Sum>("App\\Sum", Sum)]

it.effect("messages of known classes are instances on both sides, any other an object of PHP", () =>
  Effect.gen(function* () {
    const { west, east } = yield* pair({ classes }, { classes })
    yield* east.onRequest((request) =>
      Effect.succeed(request instanceof Add ? new Sum({ value: request.a + request.b }) : (request as Php.PhpObject))
    )
    assert.deepStrictEqual(yield* west.request(new Add({ a: 1, b: 2 })), new Sum({ value: 3 }))
    assert.deepStrictEqual(yield* west.request(dto("Unknown", { x: 1 })), dto("Unknown", { x: 1 }))
  })
)

it.effect("an answer, a request and a message that do not fit their class are told, each where it belongs", () =>
  Effect.gen(function* () {
    const faults: Array<IpcError> = []
    const { west, east } = yield* pair(
      { classes, onFault: (error) => Effect.sync(() => faults.push(error)) },
      { classes }
    )
    yield* east.onRequest(() => Effect.succeed(dto("Sum", { value: "much" })))
    const answered = yield* Effect.flip(west.request(new Add({ a: 1, b: 2 })))
    assert.include(answered.message, `call "App\\Add": this side found the success invalid`)
    const asked = yield* Effect.flip(west.request(dto("Add", { a: "one" })))
    assert.include(asked.message, "Invalid request: App\\Add")
    yield* east.notify(dto("Sum", {}))
    yield* east.notify(new Sum({ value: 1 }))
    assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(west.messages, 1)), [new Sum({ value: 1 })])
    assert.deepStrictEqual(
      faults.map((error) => error.reason._tag),
      ["InvalidPayload"]
    )
  })
)

it.effect("an instance of a class that nobody registered is not sent", () =>
  Effect.gen(function* () {
    const { peer, session } = yield* facing({ classes: [PhpClass.make<Add | Sum>("App\\Add", Add)] })
    const error = yield* Effect.flip(session.notify(new Sum({ value: 1 })))
    assert.include(error.message, "no class of PHP is registered for it")
    assert.strictEqual(peer.sent.length, 0)
  })
)

it.effect("a recorded object with arrays, a nested object and private properties is an instance", () =>
  Effect.gen(function* () {
    class TaskMessage extends Schema.Class<TaskMessage>("TaskMessage")({
      action: Schema.String,
      params: Schema.Record(Schema.String, Schema.Unknown)
    }) {}
    const known = { classes: [PhpClass.make("PeerDto\\TaskMessage", TaskMessage)] }
    for (const [name, serializer] of [
      ["v1-json-06-request-dto", "json"],
      ["v1-native-06-request-dto", "php"]
    ] as const) {
      const { peer, session } = yield* facing({ ...known, serializer })
      const asked: Array<unknown> = []
      yield* session.onRequest((request) =>
        Effect.sync(() => {
          asked.push(request)
          return log("ok")
        })
      )
      peer.says(recorded(name))
      yield* peer.until((sent) => sent.length > 0)
      assert.instanceOf(asked[0], TaskMessage)
    }
  })
)
