/**
 * The server: `node server.ts [messages]`. It counts the messages of all its clients, and ends with the count.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { Fold } from "effect-ipc"
import { InnmindSocket } from "effect-ipc/node"
import { Counter, socket } from "./protocol.ts"

const most = Number(process.argv[2] ?? 42)

const counted = Fold.run(Counter, 0, {
  Ping: (before) => {
    const count = before + 1
    return Effect.succeed(count === most ? Fold.finish(count, "pong") : Fold.next(count, "pong"))
  }
})

counted.pipe(
  Effect.flatMap((count) => Console.log(`the server ends with ${count}`)),
  Effect.provide(InnmindSocket.layerListener(socket)),
  NodeRuntime.runMain
)
