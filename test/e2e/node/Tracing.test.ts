/** Spans across a real process boundary. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Path from "node:path"
import * as ChildProcess from "../../../src/node/ChildProcess.ts"
import * as RpcClient from "../../../src/peer/RpcClient.ts"
import { Traced } from "./fixtures/traced.ts"

it.live("a handler in a child runs in a span of the caller's trace, whose parent is the span of the call", () => {
  let stderr = ""
  const child = ChildProcess.layer({
    command: process.execPath,
    args: [Path.join(import.meta.dirname, "fixtures/traced.ts")],
    stderr: (text) => void (stderr += text)
  })
  return Effect.gen(function* () {
    let called = ""
    const client = yield* RpcClient.make(Traced, {
      tracing: true,
      callMiddleware: [
        (_, next) =>
          Effect.andThen(
            Effect.tap(Effect.orDie(Effect.currentSpan), ({ spanId }) => Effect.sync(() => void (called = spanId))),
            next()
          )
      ]
    })
    const [located, span] = yield* Effect.withSpan(
      Effect.all([client.Locate(), Effect.orDie(Effect.currentSpan)]),
      "here"
    )
    assert.deepStrictEqual(located, { traceId: span.traceId, name: "traced/Locate", kind: "server", parentId: called })
    assert.notStrictEqual(called, span.spanId)
    while (!stderr.includes("\n")) yield* Effect.sleep("5 millis")
    assert.include(stderr, `trace ${span.traceId} parent ${called}`)
  }).pipe(Effect.scoped, Effect.provide(child))
})
