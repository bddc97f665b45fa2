/**
 * Streams from the server, to it, and both ways at once. A reader that has enough stops the producer.
 *
 * Both sides are in this process, joined by memory. Over a socket or a child process only the layer differs.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Latch, Layer, Stream } from "effect"
import { Handlers, Memory, RpcClient, RpcServer } from "effect-ipc"
import { Streams } from "./protocol.ts"

const stopped = Latch.makeUnsafe()

const handlers = Handlers.layer(Streams)({
  Squares: ({ from }) =>
    Stream.iterate(from, (n) => n + 1).pipe(
      Stream.map((n) => n * n),
      Stream.ensuring(Effect.andThen(Console.log("server: the producer was stopped"), stopped.open))
    ),

  Longest: (_, { input }) =>
    Stream.runFold(
      input,
      () => "",
      (longest, word) => (word.length > longest.length ? word : longest)
    ).pipe(Effect.orDie),

  Shout: (_, { input }) =>
    input.pipe(
      Stream.map((word) => `${word.toUpperCase()}!`),
      Stream.orDie
    )
})

const program = Effect.gen(function* () {
  const streams = yield* RpcClient.make(Streams)

  yield* streams.Squares({ from: 1 }).pipe(
    Stream.take(5),
    Stream.runForEach((n) => Console.log(`client: ${n}`))
  )
  yield* stopped.await

  const words = Stream.make("a", "stream", "of", "words")
  yield* Console.log(`client: the longest is ${yield* streams.Longest({}, { input: words })}`)

  const shouted = yield* Stream.runCollect(streams.Shout({}, { input: words }))
  yield* Console.log(`client: ${shouted.join(" ")}`)
})

const server = RpcServer.layer(Streams).pipe(Layer.provide(handlers))
const both = Layer.provideMerge(server, Memory.layer())

program.pipe(Effect.scoped, Effect.provide(both), NodeRuntime.runMain)
