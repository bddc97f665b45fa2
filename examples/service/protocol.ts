/**
 * A protocol, and the service that a client of it is.
 */
import { Schema } from "effect"
import { Protocol, Request, RpcClient } from "effect-ipc"

export class Forecast extends Request.Class<Forecast>()("Forecast", {
  payload: { city: Schema.String },
  success: Schema.Struct({ celsius: Schema.Number })
}) {}

export const WeatherProtocol = Protocol.make("weather", { version: "1.0.0", server: [Forecast] })

/** A client of it, as a service. */
export class Weather extends RpcClient.Service<Weather>()("app/Weather", WeatherProtocol) {}
