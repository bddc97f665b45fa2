/**
 * Links within one process: a joined pair, and a transport and listener made of such pairs.
 *
 * What one end is offered is delivered to the other in a later microtask, never inside `offer`. There are no timers,
 * so a pair works under virtual time. Offered chunks are not copied: their memory is theirs until `queuedBytes` is 0.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { Wire } from "../wire/Wire.ts"
import type { EndReason, Link, LinkSink } from "./Link.ts"
import { Listener, Transport } from "./Transport.ts"
import { TransportError } from "./TransportError.ts"

/**
 * How much a pair holds, and what it is called.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Bytes an end holds for the other before `offer` answers false. Default: 262144 (256 KiB). */
  readonly capacityBytes?: number | undefined
  /** What a person would call the pair. Default: `memory`. */
  readonly address?: string | undefined
}

/**
 * Makes two links, each the other end of the other.
 *
 * Closing the scope ends both with `Closed`; what one had been offered before is then not delivered any more. Use
 * `layer` where the two ends live in scopes of their own.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pair = (options?: Options): Effect.Effect<readonly [west: Link, east: Link], never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => join(options)),
    ([west, east]) =>
      Effect.sync(() => {
        west.close()
        east.close()
      })
  )

/**
 * Provides a `Transport` and the `Listener` that it dials, joined within this process. Both speak `wire`; by default the
 * native one.
 *
 * A link that was opened waits, with all that was offered to it, until it is accepted. Closing one end delivers what
 * it had been offered, then ends the other with `Ended`. When the layer's scope closes, `accept` fails with
 * `Cause.Done`, links that nobody accepted end, and `open` fails with a `TransportError`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options & { readonly wire?: Wire | undefined } = {}
): Layer.Layer<Transport | Listener> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const address = options.address ?? "memory"
      const dialled = yield* Effect.acquireRelease(Queue.unbounded<MemoryLink, Cause.Done>(), hangUp)
      const open = Effect.acquireRelease(
        Effect.suspend(() => {
          const [near, far] = join({ ...options, address })
          return Queue.offerUnsafe(dialled, far) ? Effect.succeed(near) : Effect.fail(gone(address))
        }),
        (near) => Effect.sync(() => near.close())
      )
      // `peek` waits without taking, so an interruption never loses a link between the queue and the scope.
      const take = (): Effect.Effect<MemoryLink, Cause.Done, Scope.Scope> =>
        Effect.flatMap(Queue.peek(dialled), () =>
          Effect.flatMap(
            Effect.acquireRelease(
              Effect.sync(() => Queue.takeUnsafe(dialled)),
              (taken) => Effect.sync(() => taken?._tag === "Success" && taken.value.close())
            ),
            (taken) => taken ?? take()
          )
        )
      return Context.make(Transport, { address, wire: options.wire, open }).pipe(
        Context.add(Listener, { address, wire: options.wire, accept: Effect.suspend(take) })
      )
    })
  )

const hangUp = (dialled: Queue.Queue<MemoryLink, Cause.Done>): Effect.Effect<void> =>
  Effect.sync(() => {
    for (let taken = Queue.takeUnsafe(dialled); taken?._tag === "Success"; taken = Queue.takeUnsafe(dialled)) {
      taken.value.close()
    }
    Queue.endUnsafe(dialled)
  })

const gone = (address: string): TransportError =>
  new TransportError({
    stage: "open",
    address,
    detail: "the listener was closed; open links while its layer is in use"
  })

const join = (options: Options | undefined): readonly [MemoryLink, MemoryLink] => {
  const address = options?.address ?? "memory"
  const capacityBytes = options?.capacityBytes ?? 256 * 1024
  const west = new MemoryLink(address, capacityBytes)
  const east = new MemoryLink(address, capacityBytes)
  west.other = east
  east.other = west
  return [west, east]
}

/** One end of a pair. Its inbox holds what the other end was offered. */
class MemoryLink implements Link {
  readonly address: string
  readonly #capacityBytes: number
  other!: MemoryLink

  #sink: LinkSink | undefined
  readonly #inbox: Array<Uint8Array> = []
  /** Chunks at the front of the inbox that have been read. */
  #read = 0
  #inboxBytes = 0
  #paused = false
  #scheduled = false
  /** The other end offered more than the capacity, and is to be told when the inbox is empty. */
  #owesDrained = false
  /** The other end is closed: this one ends once its inbox is empty. */
  #ending = false
  #over: EndReason | undefined

  constructor(address: string, capacityBytes: number) {
    this.address = address
    this.#capacityBytes = capacityBytes
  }

  start(sink: LinkSink): void {
    this.#sink = sink
    const reason = this.#over
    if (reason !== undefined) return soon(() => sink.end(reason))
    this.#schedule()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  get queuedBytes(): number {
    // What was still to be read when this end closed was copied.
    return this.#over === undefined ? this.other.#inboxBytes : 0
  }

  offer(chunk: Uint8Array): boolean {
    if (this.#over !== undefined || this.#ending || chunk.length === 0) return true
    return this.other.#take(chunk)
  }

  /** Ends this side at once, and the other after it has read what this side was offered. */
  close(): void {
    if (this.#over !== undefined) return
    this.#finish({ _tag: "Closed" })
    this.other.#endOnceRead()
    // What the other end had offered goes nowhere, but who waits for it to leave must not wait for ever.
    this.#inbox.length = 0
    this.#inboxBytes = 0
    this.#sayDrained()
  }

  #take(chunk: Uint8Array): boolean {
    this.#inbox.push(chunk)
    this.#inboxBytes += chunk.length
    this.#schedule()
    if (this.#inboxBytes <= this.#capacityBytes) return true
    this.#owesDrained = true
    return false
  }

  #endOnceRead(): void {
    if (this.#over !== undefined) return
    this.#ending = true
    // The other end's memory is its own again, so what is still to be read is copied.
    for (let i = this.#read; i < this.#inbox.length; i++) this.#inbox[i] = new Uint8Array(this.#inbox[i]!)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || this.#sink === undefined || this.#over !== undefined) return
    if (this.#inbox.length === 0 && !this.#ending) return
    this.#scheduled = true
    soon(this.#deliver)
  }

  readonly #deliver = (): void => {
    const sink = this.#sink!
    const inbox = this.#inbox
    // What arrives meanwhile waits for its own turn: the two ends alternate.
    for (let left = inbox.length; left > 0 && !this.#paused && this.#over === undefined; left--) {
      const chunk = inbox[this.#read++]!
      sink.bytes(chunk)
      // A `close` from within `bytes` has emptied the inbox.
      if (this.#over === undefined) this.#inboxBytes -= chunk.length
    }
    this.#scheduled = false
    if (this.#over !== undefined) return
    if (this.#read === inbox.length) inbox.length = 0
    else inbox.splice(0, this.#read)
    this.#read = 0
    if (inbox.length > 0) return this.#schedule()
    this.#sayDrained()
    if (this.#ending && !this.#paused) this.#finish({ _tag: "Ended" })
  }

  /** Tells the other end that all it was offered has been read. */
  #sayDrained(): void {
    if (!this.#owesDrained) return
    this.#owesDrained = false
    if (this.other.#over === undefined) this.other.#sink?.drained()
  }

  #finish(reason: EndReason): void {
    this.#over = reason
    this.#sink?.end(reason)
  }
}

// Taken when the module loads, so that faked timers do not stop delivery.
const setImmediateOf: (run: () => void) => unknown =
  (globalThis as { setImmediate?: (run: () => void) => unknown }).setImmediate ?? ((run) => setTimeout(run, 0))
const microtasksPerTurn = 256
let microtasks = 0

/**
 * Runs `deliver` in a microtask, or every so often in a new turn of the event loop: two ends that answer each other
 * within microtasks would otherwise keep timers and sockets of the same process from ever running.
 */
const soon = (deliver: () => void): void => {
  if (++microtasks < microtasksPerTurn) return queueMicrotask(deliver)
  microtasks = 0
  setImmediateOf(deliver)
}
