/**
 * Messages are values of the application: they can be made, kept in a list, and sent when their time comes.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, DateTime, Effect, HashSet, Layer } from "effect"
import { Handlers, Memory, RpcClient, RpcServer } from "effect-ipc"
import { createHash } from "node:crypto"
import { Checksum, Digest, Reindex, Tasks } from "./protocol.ts"

const handlers = Handlers.layer(Tasks)({
  Reindex: ({ database, tables }) => Console.log(`server: reindexes ${HashSet.size(tables)} tables of ${database}`),

  Checksum: (task) =>
    Effect.gen(function* () {
      yield* Console.log(`server: takes the ${task.title}`)
      const bytes = new Uint8Array(createHash(task.algorithm).update(task.path).digest())
      return new Digest({ algorithm: task.algorithm, bytes, takenAt: DateTime.makeUnsafe("2026-11-21") })
    })
})

const program = Effect.gen(function* () {
  const tasks = yield* RpcClient.make(Tasks)

  yield* tasks.emit(new Reindex({ database: "catalog", tables: HashSet.make("books", "authors") }))

  const plan = [
    new Checksum({ path: "/dump.sql", algorithm: "md5" }),
    new Checksum({ path: "/index.db", algorithm: "sha256" })
  ]
  for (const task of plan) {
    const digest = yield* tasks.send(task)
    yield* Console.log(`client: ${digest.hex.slice(0, 8)}, on ${DateTime.formatIsoDateUtc(digest.takenAt)}`)
    yield* Console.log(`client: it is a Digest: ${digest instanceof Digest}`)
  }
})

const server = RpcServer.layer(Tasks).pipe(Layer.provide(handlers))
const both = Layer.provideMerge(server, Memory.layer())

program.pipe(Effect.scoped, Effect.provide(both), NodeRuntime.runMain)
