/**
 * Clients of other versions than the server: an older one, a newer one, and one that broke with it.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer } from "effect"
import { Handlers, Memory, RpcClient, RpcServer } from "effect-ipc"
import { Diary, DiaryBroken, DiaryNewer, DiaryOlder } from "./protocol.ts"

const handlers = Handlers.layer(Diary)({
  Read: ({ page }) => Effect.succeed(`Dear diary, this is page ${page}.`),
  Write: ({ text }) => Console.log(`server: takes down "${text}"`)
})

const older = Effect.gen(function* () {
  const diary = yield* RpcClient.make(DiaryOlder)
  yield* Console.log(`older: ${yield* diary.Read({ page: 1 })}`)
})

const newer = Effect.gen(function* () {
  const diary = yield* RpcClient.make(DiaryNewer)
  yield* diary.Write({ text: "It rains." })
  // What the server does not know is the only thing that fails.
  yield* diary
    .Tear({ page: 1 })
    .pipe(
      Effect.catchReason("IpcError", "UnknownMethod", ({ method }) => Console.log(`newer: UnknownMethod, ${method}`))
    )
})

const broken = Effect.gen(function* () {
  const diary = yield* RpcClient.make(DiaryBroken)
  yield* diary.Tear({ page: 1 })
}).pipe(
  Effect.catchReason("IpcError", "Incompatible", ({ local, remote }) =>
    Console.log(`broken: Incompatible, this is ${local} and that is ${remote}`)
  )
)

const program = Effect.forEach([older, newer, broken], Effect.scoped)

// Without `onFault` the server logs whom it refused.
const server = RpcServer.layer(Diary, { onFault: ({ reason }) => Console.log(`server: ${reason._tag}`) })
const both = server.pipe(Layer.provide(handlers), Layer.provideMerge(Memory.layer()))

program.pipe(Effect.provide(both), NodeRuntime.runMain)
