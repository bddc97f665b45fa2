/**
 * The link over a socket of Effect's: one fiber reads, one writes.
 *
 * Rule 1: one batch is read ahead also while the link is paused, so a socket that has ended holds up no writes.
 * Rule 2: the writing fiber is woken in a microtask, so nothing is delivered from within `offer`.
 * Rule 3: times are real time, as with all links of this room.
 *
 * @internal
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import type { EndReason, Link, LinkSink } from "../transport/Link.ts"
import * as SocketReason from "./SocketReason.ts"

/** How long a socket may take to say why it ended, after a write to it has failed, in milliseconds. */
const deafMillis = 1000

export class SocketPump implements Link {
  readonly address: string
  readonly #highBytes: number

  #sink: LinkSink | undefined
  #paused = true
  #ended = false
  #over: EndReason | undefined
  #wakeReader: (() => void) | undefined

  #waiting: Array<Uint8Array> = []
  #queuedBytes = 0
  #owesDrained = false
  #deaf = false
  #wakeWriter: (() => void) | undefined
  #flushed: (() => void) | undefined

  constructor(address: string, outgoingHighBytes: number) {
    this.address = address
    this.#highBytes = outgoingHighBytes
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  start(sink: LinkSink): void {
    this.#sink = sink
    const over = this.#over
    if (over !== undefined) return queueMicrotask(() => sink.end(over))
    this.resume()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (this.#sink === undefined) return
    this.#paused = false
    const wake = this.#wakeReader
    if (wake !== undefined) queueMicrotask(wake)
  }

  offer(chunk: Uint8Array): boolean {
    if (this.#ended || this.#deaf || chunk.length === 0) return true
    // A socket may keep what it was given for longer than its write takes.
    this.#waiting.push(new Uint8Array(chunk))
    this.#queuedBytes += chunk.length
    if (this.#waiting.length === 1 && this.#wakeWriter !== undefined) queueMicrotask(this.#wakeWriter)
    if (this.#queuedBytes <= this.#highBytes) return true
    this.#owesDrained = true
    return false
  }

  /** Delivers what the socket reads, until it ends. */
  read({ pull }: Pick<Socket.Reader, "pull">): Effect.Effect<void> {
    const step = Effect.flatMap(pull, (batch) => this.#deliver(batch, 0))
    return Effect.catch(forever(step, Socket.SocketReadError), (error) => {
      // Who waits for them to leave must go on.
      this.#giveUpWrites()
      const reason = SocketReason.ofEnd(error)
      return Effect.andThen(
        this.#resumed,
        Effect.sync(() => this.#fail(reason))
      )
    })
  }

  /** Writes what is offered, until that fails. */
  write(writer: Socket.Writer): Effect.Effect<void> {
    const step = Effect.suspend(() => {
      const batch = this.#waiting
      if (batch.length === 0) return this.#offered
      this.#waiting = []
      const bytes = batch.reduce((sum, chunk) => sum + chunk.length, 0)
      return Effect.map(writer.writeAll(batch as [Uint8Array, ...Array<Uint8Array>]), () => this.#left(bytes))
    })
    return Effect.catch(forever(step, Socket.SocketWriteError), (error) =>
      Effect.sync(() => {
        this.#giveUpWrites()
        this.#awaitEnd(SocketReason.ofEnd(error))
      })
    )
  }

  /** Waits for at most `millis` until what was offered has left or cannot, then ends the link with `Closed`. */
  close(millis: number): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.#ended = true
      const done = () => {
        clearTimeout(timer)
        this.#flushed = undefined
        this.#report({ _tag: "Closed" })
        resume(Effect.void)
      }
      const timer = setTimeout(done, millis)
      if (this.#queuedBytes === 0) return done()
      this.#flushed = done
    })
  }

  /** Delivers a batch from `from` on; where the link is paused meanwhile, the rest waits. */
  #deliver(batch: ReadonlyArray<Uint8Array | string>, from: number): Effect.Effect<void> {
    for (let at = from; at < batch.length; at++) {
      if (this.#ended) return Effect.void
      if (this.#paused) return Effect.flatMap(this.#resumed, () => this.#deliver(batch, at))
      const chunk = batch[at]!
      this.#sink!.bytes(typeof chunk === "string" ? encoder.encode(chunk) : chunk)
    }
    return Effect.void
  }

  readonly #resumed: Effect.Effect<void> = Effect.callback<void>((resume) => {
    this.#wakeReader = () => {
      if (this.#paused) return
      this.#wakeReader = undefined
      resume(Effect.void)
    }
    this.#wakeReader()
  })

  readonly #offered: Effect.Effect<void> = Effect.callback<void>((resume) => {
    this.#wakeWriter = () => {
      this.#wakeWriter = undefined
      resume(Effect.void)
    }
    if (this.#waiting.length > 0) this.#wakeWriter()
  })

  #left(bytes: number): void {
    if (this.#deaf) return
    this.#queuedBytes -= bytes
    if (this.#queuedBytes > 0) return
    this.#sayDrained()
  }

  /** Reads on after a write has failed: the socket ends by itself, and says why. Else it ends with the write's failure. */
  #awaitEnd(reason: EndReason): void {
    const timer = setTimeout(() => {
      if (this.#ended) return
      if (this.#paused) return this.#awaitEnd(reason)
      this.#fail(reason)
    }, deafMillis)
    timer.unref()
  }

  #fail(reason: EndReason): void {
    this.#giveUpWrites()
    if (this.#ended) return
    this.#ended = true
    this.#report(reason)
  }

  #giveUpWrites(): void {
    this.#deaf = true
    this.#waiting = []
    this.#queuedBytes = 0
    this.#sayDrained()
  }

  #sayDrained(): void {
    this.#flushed?.()
    if (!this.#owesDrained || this.#over !== undefined) return
    this.#owesDrained = false
    this.#sink?.drained()
  }

  #report(reason: EndReason): void {
    if (this.#over !== undefined) return
    this.#over = reason
    this.#sink?.end(reason)
  }
}

/** Until it fails. A socket that throws is as good as one that fails: nobody may wait for it for ever. */
const forever = (
  step: Effect.Effect<void, Socket.SocketError>,
  Reason: typeof Socket.SocketReadError | typeof Socket.SocketWriteError
): Effect.Effect<never, Socket.SocketError> =>
  Effect.catchDefect(Effect.forever(step, { disableYield: true }), (cause) =>
    Effect.fail(new Socket.SocketError({ reason: new Reason({ cause }) }))
  )

const encoder = new TextEncoder()
