/**
 * Watches messages that have begun on the streams of a link, and gives up those of which nothing more comes.
 *
 * It looks twice in the time that is given, so that bytes that have come while the program was busy are read before it
 * judges. Law: a message is given up after that time without a byte at the earliest, and half of it later at the latest;
 * time in which the link is paused does not count.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/** How often it looks, and sees no byte that has come since, before a message is given up. */
const mostLooks = 3

export interface Watched {
  /** Whether a message has begun on a stream, and is not whole. */
  readonly isUnfinished: (stream: number) => boolean
  readonly abandon: (stream: number) => void
  readonly paused: () => boolean
  /** Runs what nobody waits for, and answers how to stop it. */
  readonly run: (effect: Effect.Effect<void>) => () => void
}

export class Standstill {
  readonly #watched: Watched
  readonly #look: Effect.Effect<void>
  /** How often each stream was looked at since a byte came; undefined where no message has begun. */
  readonly #looks: Array<number | undefined> = []
  #stop: (() => void) | undefined

  constructor(afterMillis: number, watched: Watched) {
    this.#watched = watched
    this.#look = Effect.andThen(
      Effect.sleep(afterMillis / 2),
      Effect.sync(() => this.#judge())
    )
  }

  /** Says that bytes have come on a stream. */
  heard(stream: number): void {
    if (!this.#watched.isUnfinished(stream)) {
      this.#looks[stream] = undefined
      return
    }
    // The first look is now, where it is the one that begins the waiting.
    this.#looks[stream] = this.#stop === undefined ? 1 : 0
    this.#stop ??= this.#watched.run(this.#look)
  }

  /** Watches no more. */
  end(): void {
    this.#looks.length = 0
    this.#stop?.()
    this.#stop = undefined
  }

  #judge(): void {
    this.#stop = undefined
    const paused = this.#watched.paused()
    this.#looks.forEach((looks, stream) => {
      if (looks === undefined) return
      this.#looks[stream] = paused ? 0 : looks + 1
      if (!paused && looks + 1 >= mostLooks) this.#abandon(stream)
    })
    if (this.#looks.some((looks) => looks !== undefined)) this.#stop = this.#watched.run(this.#look)
  }

  /** What was held behind it may be the beginning of another. */
  #abandon(stream: number): void {
    this.#watched.abandon(stream)
    this.#looks[stream] = this.#watched.isUnfinished(stream) ? 0 : undefined
  }
}
