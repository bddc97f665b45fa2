/** What a link over streams leaves alone once it is closed. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { PassThrough } from "node:stream"
import { StreamLink } from "../../src/node/StreamLink.ts"

it.effect(
  "a link that is resumed after its close takes nothing that comes for the next link over the same stream",
  () =>
    Effect.gen(function* () {
      const readable = new PassThrough()
      const link = new StreamLink({
        address: "stdin",
        readable,
        writable: new PassThrough(),
        outgoingHighBytes: 1024,
        copies: false,
        shutdown: false
      })
      link.start({ bytes: () => assert.fail("it is closed"), drained: () => {}, end: () => {} })
      link.pause()
      yield* Effect.callback<void>((resume) => link.close(1000, () => resume(Effect.void)))
      // As who takes the last messages of a channel does.
      link.resume()
      readable.write("for the next")
      yield* Effect.promise(() => new Promise(setImmediate))
      assert.isFalse(readable.readableFlowing)
      assert.strictEqual(String(readable.read()), "for the next")
    })
)
