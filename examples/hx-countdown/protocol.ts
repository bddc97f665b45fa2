/**
 * What the two programs may say to each other, and how that looks in hx/interop.
 */
import { Schema } from "effect"
import { Event, HxInterop, Protocol, Request } from "effect-ipc"

/** The class `countdown`, with the header `Ticks`. */
export class Countdown extends Request.Class<Countdown>()("Countdown", {
  payload: { ticks: Schema.Int },
  annotations: HxInterop.annotations({ class: "countdown", headers: ["ticks"] })
}) {}

/** The class `tick`; the body is the number, in JSON. */
export class Tick extends Event.Class<Tick>()(
  "Tick",
  { n: Schema.Int },
  { annotations: HxInterop.annotations({ class: "tick", body: "n" }) }
) {}

export const Clock = Protocol.make("clock", { version: "1.0.0", server: [Countdown], client: [Tick] })
