/**
 * A client of a server of innmind/ipc, as the server sees it, from its greeting to its end.
 *
 * @internal
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { IpcError } from "../../peer/IpcError.ts"
import type { Link } from "../../transport/Link.ts"
import type { MediaMessage } from "../../wire/framing/MediaFrame.ts"
import { Dialogue, type Port, type Terms as DialogueTerms } from "./Dialogue.ts"
import type { InnmindMessage } from "./InnmindMessage.ts"
import type { Times } from "./Terms.ts"

/** Where a client tells what it does. */
export interface Desk {
  /** It has sent a message, which was acknowledged. */
  message(client: Client, message: MediaMessage): void
  /** It has said something, whatever it was. */
  active(): void
  fault(error: IpcError): void
}

export class Client implements Port {
  readonly #desk: Desk
  readonly #times: Times
  readonly #dialogue: Dialogue
  readonly #opened = Deferred.makeUnsafe<void>()
  readonly #over = Deferred.makeUnsafe<void>()
  #heard = false

  constructor(link: Link, terms: DialogueTerms, times: Times, desk: Desk) {
    this.#desk = desk
    this.#times = times
    this.#dialogue = new Dialogue(link, terms, this)
    this.#dialogue.start()
  }

  /** Lives until the connection is over. */
  get life(): Effect.Effect<void> {
    const { handshakeTimeout } = this.#times
    const late = Effect.sync(() =>
      this.#dialogue.giveUp({
        _tag: "Disconnected",
        detail: `the client has not greeted within ${Duration.toMillis(handshakeTimeout)} ms`
      })
    )
    const greeted = Effect.timeoutOrElse(Deferred.await(this.#opened), {
      duration: handshakeTimeout,
      orElse: () => late
    })
    return Effect.raceFirst(Deferred.await(this.#over), Effect.andThen(greeted, this.#beating))
  }

  /** Says goodbye, and waits for the client's for a bounded time. */
  get leave(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.close()
      // The end of a scope is not interrupted, and must not last for ever.
      return Effect.timeoutOrElse(Effect.interruptible(Deferred.await(this.#over)), {
        duration: this.#times.closeTimeout,
        orElse: () =>
          Effect.sync(() => this.#dialogue.giveUp({ _tag: "Disconnected", detail: "the client has not said goodbye" }))
      })
    })
  }

  /** Begins to say goodbye; `life` ends with the client's, or when that takes too long. */
  close(): void {
    this.#dialogue.close()
  }

  /** Sends messages, as far as the client is there; one that cannot be said is reported, and the others are sent. */
  respond(responses: ReadonlyArray<InnmindMessage>): void {
    for (const message of responses) {
      if (!this.#dialogue.isOpen) return
      const error = this.#dialogue.send(message)
      if (error !== undefined) this.#desk.fault(error)
    }
  }

  taken({ content }: MediaMessage): void {
    this.#dialogue.taken(content.length)
  }

  get #beating(): Effect.Effect<never> {
    const beat = Effect.sync(() => {
      if (!this.#heard) this.#dialogue.beat()
      this.#heard = false
    })
    return Effect.forever(Effect.andThen(Effect.sleep(this.#times.heartbeat), beat))
  }

  // What the dialogue tells

  opened(): void {
    Deferred.doneUnsafe(this.#opened, Effect.void)
  }

  user(message: MediaMessage): void {
    this.#desk.message(this, message)
  }

  /** A client of the 5.x line acknowledges what it gets; whether it does makes no difference. */
  acknowledged(): void {}

  heard(): void {
    this.#heard = true
    this.#desk.active()
  }

  fault(error: IpcError): void {
    this.#desk.fault(error)
  }

  over(): void {
    Deferred.doneUnsafe(this.#opened, Effect.void)
    Deferred.doneUnsafe(this.#over, Effect.void)
  }
}
