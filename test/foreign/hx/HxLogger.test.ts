import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as HxLogger from "../../../src/foreign/hx/HxLogger.ts"
import * as HxMessage from "../../../src/foreign/hx/HxMessage.ts"
import * as Intercept from "../../../src/foreign/Intercept.ts"
import * as Pipe from "../../../src/foreign/Pipe.ts"

/** Passes messages by a logger, one way and back, and answers what was logged. */
const logged = (messages: ReadonlyArray<HxMessage.HxMessage>, options?: HxLogger.Options) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
    const [west, east] = yield* Pipe.pair<HxMessage.HxMessage>({ capacity: 16 })
    const channel = yield* Intercept.wrap(west, HxLogger.make(options))
    yield* Effect.forEach(messages, (message) => Effect.andThen(channel.send(message), east.receive)).pipe(
      Effect.provide(Logger.layer([logger]))
    )
    yield* east.send(HxMessage.withId(HxMessage.text("pong"), "0"))
    const received = yield* Effect.provide(channel.receive, Logger.layer([logger]))
    assert.strictEqual(HxMessage.textOf(received), "pong")
    return lines
  })

it.effect("says of each message which way it goes, its kind, class, errors and body", () =>
  Effect.gen(function* () {
    const json = yield* HxMessage.json({ a: 1 })
    const lines = yield* logged([
      HxMessage.withId(HxMessage.withClass(json, "add"), "0"),
      HxMessage.event("tick"),
      HxMessage.addError(HxMessage.withId(HxMessage.make(), "1"), "bad"),
      HxMessage.make({ body: "unknown" })
    ])
    assert.deepStrictEqual(lines, [
      `Info send request add {"a":1}`,
      "Info send event tick",
      "Warn send response error: bad",
      "Info send message (7 bytes)",
      "Info receive response pong"
    ])
  })
)

it.effect("cuts long bodies, and logs at the level it is told", () =>
  Effect.gen(function* () {
    const lines = yield* logged([HxMessage.text("x".repeat(50))], { level: "Error", bodyChars: 10 })
    assert.deepStrictEqual(lines, [`Error send message ${"x".repeat(10)}… (50 bytes)`, "Error receive response pong"])
  })
)
