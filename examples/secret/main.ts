/**
 * A server that answers only those who know its secret.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer, Redacted } from "effect"
import { Handlers, Memory, RpcClient, RpcServer } from "effect-ipc"
import { Diary } from "./protocol.ts"

const secret = Redacted.make("xyzzy")

const handlers = Handlers.layer(Diary)({ Read: ({ page }) => Effect.succeed(`Dear diary, this is page ${page}.`) })

const server = RpcServer.layer(Diary, {
  secret,
  // Without it the server logs whom it refused.
  onFault: ({ reason }) => Console.log(`server: ${reason._tag}`)
})

/** Prints what a client gets to read, or why not. */
const read = (options: RpcClient.Options) =>
  Effect.gen(function* () {
    const diary = yield* RpcClient.make(Diary, options)
    yield* Console.log(yield* diary.Read({ page: 1 }))
  }).pipe(
    Effect.scoped,
    Effect.catchReason("IpcError", "Unauthorized", ({ detail }) => Console.log(`client: Unauthorized, ${detail}`))
  )

const program = Effect.gen(function* () {
  yield* read({})
  yield* read({ secret: Redacted.make("plugh") })
  yield* read({ secret })
})

const both = server.pipe(Layer.provide(handlers), Layer.provideMerge(Memory.layer()))

program.pipe(Effect.provide(both), NodeRuntime.runMain)
