/**
 * One direction of a link that has faults: what is on its way, and what is done to it.
 *
 * Law 1: bytes leave in the order they came. Law 2: with no fault in force they pass at once, uncopied.
 * Law 3: time is the clock of the effect that opened the link, so `TestClock` moves what is delayed.
 *
 * @internal
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** What a lane does to what passes, until it is told otherwise. */
export interface Rules {
  stalled: boolean
  /** Bytes of the largest piece that arrives; `Infinity` leaves chunks whole. */
  pieceBytes: number
  delayMillis: number
}

/** Answers numbers from 0 up to, but not including, 1. */
export type Roll = () => number

/** How likely each fault is to befall a chunk. */
export interface Odds {
  readonly split: number
  readonly delay: number
  readonly delayMillis: number
  readonly garble: number
}

export interface Parts {
  readonly rules: Rules
  readonly odds: Odds
  readonly roll: Roll
  readonly clock: Clock.Clock
  readonly runFork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  readonly deliver: (chunk: Uint8Array) => void
  /** Told when the last of what was held back has been delivered. */
  readonly emptied: () => void
}

interface Held {
  readonly chunk: Uint8Array
  readonly dueMillis: number
}

export class Lane {
  readonly #parts: Parts
  readonly #held: Array<Held> = []
  #bytes = 0
  #paused = false
  #garbles = 0
  #timer: Fiber.Fiber<void> | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Bytes held back. */
  get bytes(): number {
    return this.#bytes
  }

  /** Damages this many of the bytes that come next, one in each chunk. */
  garble(count: number): void {
    this.#garbles += count
  }

  set paused(paused: boolean) {
    this.#paused = paused
    // Who resumes may not be ready before that returns.
    if (!paused) queueMicrotask(() => this.flow())
  }

  /** Takes a chunk, which is borrowed. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    const { odds, roll, rules } = this.#parts
    const isGarbled = this.#garbles > 0 || roll() < odds.garble
    const isSplit = roll() < odds.split
    const delayMillis = rules.delayMillis + (roll() < odds.delay ? Math.ceil(roll() * odds.delayMillis) : 0)
    const isHeld = rules.stalled || this.#paused || delayMillis > 0 || this.#held.length > 0
    const isWhole = !isSplit && chunk.length <= rules.pieceBytes
    if (isWhole && !isGarbled && !isHeld) return this.#parts.deliver(chunk)
    const copy = Uint8Array.from(chunk)
    if (isGarbled) this.#damage(copy)
    this.#hold(copy, isSplit, delayMillis)
    this.flow()
  }

  /** Delivers what may be delivered by now. */
  flow(): void {
    const { clock, deliver, emptied, rules } = this.#parts
    if (this.#held.length === 0) return
    while (!rules.stalled && !this.#paused && this.#held.length > 0) {
      const wait = this.#held[0]!.dueMillis - clock.currentTimeMillisUnsafe()
      if (wait > 0) return this.#wakeAfter(wait)
      this.#deliverFirst(deliver)
    }
    if (this.#held.length === 0) emptied()
  }

  /** Delivers everything at once; what is stalled is lost. */
  flush(): void {
    if (this.#parts.rules.stalled) return this.clear()
    while (this.#held.length > 0) this.#deliverFirst(this.#parts.deliver)
  }

  /** Forgets what is held back. */
  clear(): void {
    this.#held.length = 0
    this.#bytes = 0
    this.#timer?.interruptUnsafe()
  }

  #deliverFirst(deliver: (chunk: Uint8Array) => void): void {
    const { chunk } = this.#held.shift()!
    this.#bytes -= chunk.length
    deliver(chunk)
  }

  #damage(chunk: Uint8Array): void {
    if (this.#garbles > 0) this.#garbles--
    const { roll } = this.#parts
    const at = Math.floor(roll() * chunk.length)
    // Never 0, which would change nothing.
    chunk[at]! ^= 1 + Math.floor(roll() * 255)
  }

  #hold(chunk: Uint8Array, isSplit: boolean, delayMillis: number): void {
    const { clock, roll, rules } = this.#parts
    const dueMillis = clock.currentTimeMillisUnsafe() + delayMillis
    for (let start = 0, end = 0; start < chunk.length; start = end) {
      const leftBytes = chunk.length - start
      const pieceBytes = isSplit ? 1 + Math.floor(roll() * leftBytes) : leftBytes
      end = start + Math.min(pieceBytes, rules.pieceBytes)
      this.#held.push({ chunk: chunk.subarray(start, end), dueMillis })
    }
    this.#bytes += chunk.length
  }

  #wakeAfter(millis: number): void {
    this.#timer?.interruptUnsafe()
    this.#timer = this.#parts.runFork(
      Effect.andThen(
        Effect.sleep(millis),
        Effect.sync(() => this.flow())
      )
    )
  }
}
