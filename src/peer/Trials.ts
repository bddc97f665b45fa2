/**
 * How often, and for how long, it was tried to connect; and when the next attempt is due, by a user's schedule.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import { ConnectFailed, Disconnected, IpcError } from "./IpcError.ts"

type Step = (now: number, error: IpcError) => Pull.Pull<[unknown, Duration.Duration], never, unknown>

export class Trials {
  /** Attempts so far. */
  count = 0
  readonly #step: Step
  readonly #startedMillis: number
  #ended = "the schedule of reconnect has ended"

  constructor(step: Step, nowMillis: number) {
    this.#step = step
    this.#startedMillis = nowMillis
  }

  /** Asks the schedule how many milliseconds to wait after `error`; undefined says that it has ended. */
  next(error: IpcError): Effect.Effect<number | undefined> {
    return Effect.gen({ self: this }, function* () {
      const now = yield* Clock.currentTimeMillis
      const stepped = yield* Effect.exit(Effect.suspend(() => this.#step(now, error)))
      if (Exit.isSuccess(stepped)) return Duration.toMillis(stepped.value[1])
      if (Pull.isDoneCause(stepped.cause)) return undefined
      yield* Effect.logError("the schedule of reconnect died", stepped.cause)
      this.#ended = `the schedule of reconnect died: ${String(Cause.squash(stepped.cause))}`
      return undefined
    })
  }

  /** The last error, with how often and how long it was tried. */
  gaveUp(error: IpcError): Effect.Effect<IpcError> {
    return Effect.map(Clock.currentTimeMillis, (nowMillis) => {
      const tried = this.count === 1 ? "1 attempt" : `${this.count} attempts`
      const time = Duration.format(Duration.millis(nowMillis - this.#startedMillis))
      return new IpcError({ reason: told(error, `gave up after ${tried} within ${time}: ${this.#ended}`) })
    })
  }
}

/** Starts a schedule afresh. */
export const make = (schedule: Schedule.Schedule<unknown, IpcError>): Effect.Effect<Trials> =>
  Effect.zipWith(Schedule.toStep(schedule), Clock.currentTimeMillis, (step, now) => new Trials(step, now))

const told = ({ reason }: IpcError, besides: string): ConnectFailed | Disconnected => {
  switch (reason._tag) {
    case "ConnectFailed":
      return new ConnectFailed({ ...reason, detail: `${reason.detail}; ${besides}` })
    case "Disconnected":
      return new Disconnected({ ...reason, detail: `${reason.detail}; ${besides}` })
    default:
      return new Disconnected({ address: reason.address, detail: `${reason.message}; ${besides}` })
  }
}
