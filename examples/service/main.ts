/**
 * A client as a service: code depends on it, the program says where it comes from, a test puts another in its place.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer } from "effect"
import { Handlers, Memory, RpcServer } from "effect-ipc"
import { Weather, WeatherProtocol } from "./protocol.ts"

/** Knows nothing of processes. */
const advice = Effect.fn(function* (city: string) {
  const weather = yield* Weather
  const { celsius } = yield* weather.Forecast({ city })
  return celsius < 10 ? "take a coat" : "no coat"
})

const handlers = Handlers.layer(WeatherProtocol)({
  Forecast: ({ city }) => Effect.succeed({ celsius: city === "Oslo" ? -3 : 24 })
})
const server = RpcServer.layer(WeatherProtocol).pipe(Layer.provide(handlers))

/** The real one: a connection that lives as long as the layer. The transport could be a child or a socket. */
const connected = Weather.layer({ timeout: "5 seconds" }).pipe(Layer.provide(server), Layer.provide(Memory.layer()))

/** The double: what is not called dies when it is. */
const double = Layer.mock(Weather)({
  Forecast: () => Effect.succeed({ celsius: 9 })
})

const program = Effect.gen(function* () {
  yield* Console.log(`Oslo: ${yield* advice("Oslo")}`)
  yield* Console.log(`Rome: ${yield* advice("Rome")}`)
})

program.pipe(
  Effect.provide(connected),
  Effect.andThen(Console.log("with the double:")),
  Effect.andThen(Effect.provide(program, double)),
  NodeRuntime.runMain
)
