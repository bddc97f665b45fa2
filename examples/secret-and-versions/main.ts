/**
 * Who may talk to a server: those who know its secret, and speak a version that goes with its own.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Handlers from "effect-ipc/Handlers"
import * as RpcClient from "effect-ipc/RpcClient"
import * as RpcServer from "effect-ipc/RpcServer"
import * as Memory from "effect-ipc/Memory"
import * as Native from "effect-ipc/Native"
import { Diary, DiaryBroken, DiaryNewer } from "./protocol.ts"

const secret = Redacted.make("xyzzy")

const handlers = Handlers.layer(Diary)({ Read: ({ page }) => Effect.succeed(`Dear diary, this is page ${page}.`) })
const server = RpcServer.layer(Diary, {
  secret,
  // Without it the server logs whom it refused.
  onFault: ({ reason }) => Console.log(`server: ${reason._tag}`)
}).pipe(Layer.provide(handlers))

/** Prints what a client gets to read, or why not. */
const read = (options: RpcClient.Options) =>
  Effect.gen(function* () {
    const diary = yield* RpcClient.make(Diary, options)
    yield* Console.log(yield* diary.Read({ page: 1 }))
  }).pipe(
    Effect.scoped,
    Effect.catchReason("IpcError", "Unauthorized", ({ detail }) => Console.log(`Unauthorized: ${detail}`))
  )

const newer = Effect.gen(function* () {
  const diary = yield* RpcClient.make(DiaryNewer, { secret })
  yield* Console.log(yield* diary.Read({ page: 2 }))
  yield* diary
    .Tear({ page: 2 })
    .pipe(Effect.catchReason("IpcError", "UnknownMethod", ({ method }) => Console.log(`UnknownMethod: ${method}`)))
}).pipe(Effect.scoped)

const broken = Effect.gen(function* () {
  const diary = yield* RpcClient.make(DiaryBroken, { secret })
  yield* diary.Tear({ page: 1 })
}).pipe(
  Effect.scoped,
  Effect.catchReason("IpcError", "Incompatible", ({ local, remote }) =>
    Console.log(`Incompatible: this is ${local}, that is ${remote}`)
  )
)

const program = Effect.gen(function* () {
  yield* read({})
  yield* read({ secret: Redacted.make("plugh") })
  yield* read({ secret })
  yield* newer
  yield* broken
})

const both = Layer.provideMerge(server, Memory.layer({ wire: Native.wire() }))

program.pipe(Effect.provide(both), NodeRuntime.runMain)
