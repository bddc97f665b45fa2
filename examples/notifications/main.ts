/**
 * Events: nobody answers them. The server greets each client, hears them, and tells all of them at once.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Latch, Layer, Stream } from "effect"
import { Handlers, Memory, RpcClient, RpcServer } from "effect-ipc"
import { Cheer, Goal, Stadium, Welcome } from "./protocol.ts"

const heard = Latch.makeUnsafe()

const handlers = Handlers.layer(Stadium)({
  Cheer: ({ text }) => Effect.andThen(Console.log(`the stadium hears: ${text}`), heard.open)
})

let seats = 0
const server = RpcServer.layer(Stadium, {
  onConnection: (caller) => caller.emit(new Welcome({ seat: ++seats }))
})

/** Connects, and answers once it was greeted. */
const visit = Effect.gen(function* () {
  const stadium = yield* RpcClient.make(Stadium)
  const [welcome] = yield* stadium.events(Welcome).pipe(Stream.take(1), Stream.runCollect)
  return { stadium, seat: welcome!.seat }
})

const program = Effect.gen(function* () {
  const visitors = [yield* visit, yield* visit, yield* visit]

  const { broadcast, clients } = yield* RpcServer.of(Stadium)
  yield* Console.log(`${(yield* clients).length} clients are connected`)
  const told = yield* broadcast(new Goal({ home: 1, guests: 0 }))
  yield* Console.log(`the goal was told to ${told} clients`)

  for (const { seat, stadium } of visitors) {
    yield* stadium.events(Goal).pipe(
      Stream.take(1),
      Stream.runForEach(({ guests, home }) => Console.log(`seat ${seat} sees: ${home} to ${guests}`))
    )
  }
  yield* visitors[0]!.stadium.emit(new Cheer({ text: "one more!" }))
  yield* heard.await
})

const both = server.pipe(Layer.provide(handlers), Layer.provideMerge(Memory.layer()))

program.pipe(Effect.scoped, Effect.provide(both), NodeRuntime.runMain)
