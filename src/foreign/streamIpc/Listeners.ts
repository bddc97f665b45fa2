/**
 * Who hears of the messages that nobody asked for.
 *
 * Rule 1: the latest messages before the first listener came wait for it, though the link may have ended. Rule 2: handlers
 * run one after another, in the order they came, for one message after another, in a fiber of their own; reading waits for
 * them when they are far behind, unless the link has ended. Rule 3: a stream that is far behind fails; it holds up nobody.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { IpcError } from "../../peer/IpcError.ts"
import { type End, Mailbox } from "../Mailbox.ts"

/** What is done with a message; nothing of it fails. */
export type Handle<M> = (message: M) => Effect.Effect<void>

/** Messages that wait for the first listener. */
const earlyMessages = 256

export class Listeners<M> {
  readonly #limit: number
  readonly #lagged: () => IpcError
  readonly #streams = new Set<Mailbox<M>>()
  readonly #handlers = new Set<{ readonly handle: Handle<M> }>()
  /** What the handlers have not seen yet. */
  readonly #inbox: Queue.Queue<M, Cause.Done>
  /** Is open while that is not too much. */
  readonly #gate = Latch.makeUnsafe(true)
  #hurries = false
  #early: Array<M> | undefined = []
  #end: End | undefined
  /** Early messages that had to make place for later ones. */
  dropped = 0

  constructor(limit: number, inbox: Queue.Queue<M, Cause.Done>, lagged: () => IpcError) {
    this.#limit = limit
    this.#inbox = inbox
    this.#lagged = lagged
  }

  /** Makes listeners that may each be `limit` messages behind. */
  static make<M>(limit: number, lagged: () => IpcError): Effect.Effect<Listeners<M>> {
    return Effect.map(Queue.unbounded<M, Cause.Done>(), (inbox) => new Listeners(limit, inbox, lagged))
  }

  /** Tells everybody, and waits while the handlers are too far behind. */
  publish(message: M): Effect.Effect<void> {
    if (this.#early !== undefined) {
      if (this.#early.push(message) > earlyMessages && this.#early.shift() !== undefined) this.dropped++
      return Effect.void
    }
    for (const stream of Array.from(this.#streams)) {
      if (stream.length >= this.#limit) this.#leave(stream, Exit.fail(this.#lagged()))
      else stream.push([message])
    }
    if (this.#handlers.size > 0) Queue.offerUnsafe(this.#inbox, message)
    if (this.#isFarBehind && !this.#hurries) this.#gate.closeUnsafe()
    return this.#gate.await
  }

  /** Whether there are messages that nobody has heard of, or will before a listener comes. */
  get hasEarly(): boolean {
    return this.#early !== undefined && this.#early.length > 0
  }

  /** Waits for handlers no more: nothing is left to be read but what has come. */
  hurry(): void {
    this.#hurries = true
    this.#gate.openUnsafe()
  }

  /** Adds a handler, and answers how to take it away. */
  handle(handle: Handle<M>): () => void {
    const entry = { handle }
    this.#handlers.add(entry)
    for (const message of this.#takeEarly()) Queue.offerUnsafe(this.#inbox, message)
    if (this.#end !== undefined) Queue.endUnsafe(this.#inbox)
    return () => void this.#handlers.delete(entry)
  }

  /** Runs the handlers until the end, and what came before it. */
  readonly run: Effect.Effect<void> = Effect.suspend(() =>
    Effect.flatMap(Queue.take(this.#inbox), (message) => {
      if (!this.#isFarBehind) this.#gate.openUnsafe()
      return Effect.forEach(Array.from(this.#handlers), ({ handle }) => handle(message), { discard: true })
    })
  ).pipe(
    Effect.forever,
    Effect.catchIf(Cause.isDone, () => Effect.void)
  )

  /** What comes from when it is run. */
  readonly stream: Stream.Stream<M, IpcError> = Stream.unwrap(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => this.#subscribe()),
        (mailbox) => Effect.sync(() => void this.#streams.delete(mailbox))
      ),
      (mailbox) => Stream.fromPull(Effect.succeed(Effect.map(mailbox.take, (message) => [message] as const)))
    )
  )

  /** Ends everything after what has come. */
  end(end: End): void {
    if (this.#end !== undefined) return
    this.#end = end
    for (const stream of Array.from(this.#streams)) this.#leave(stream, end)
    if (!this.hasEarly) Queue.endUnsafe(this.#inbox)
  }

  get #isFarBehind(): boolean {
    return Queue.sizeUnsafe(this.#inbox) > Math.max(this.#limit, earlyMessages)
  }

  #subscribe(): Mailbox<M> {
    const mailbox = new Mailbox<M>((message) => message)
    mailbox.push(this.#takeEarly())
    if (this.#end === undefined) this.#streams.add(mailbox)
    else mailbox.end(this.#end)
    return mailbox
  }

  #leave(mailbox: Mailbox<M>, end: End): void {
    this.#streams.delete(mailbox)
    mailbox.end(end)
  }

  #takeEarly(): ReadonlyArray<M> {
    const early = this.#early ?? []
    this.#early = undefined
    return early
  }
}
