/**
 * The link over one end of a message channel: a `MessagePort`, or a `Worker` as its parent has it.
 *
 * What the two ends post:
 * ```
 * string      a small chunk, one character a byte: half the time of a typed array
 * Uint8Array  a larger chunk, copied and transferred
 * number      how many bytes the reader took since it last said so; at first 0: someone is there
 * null        last of all: this end leaves
 * ```
 * Anything else is someone else's message: it is reported and dropped.
 *
 * A port takes without bound, so each end counts what the other has not taken. A first part of that, the window, counts
 * as having left, as it does with what a socket's kernel holds.
 *
 * @internal
 * @since 0.1.0
 */
import { inspect } from "node:util"
import { isUint8Array } from "node:util/types"
import type { EndReason, Link, LinkSink } from "../transport/Link.ts"

/** What a `MessagePort` and a `Worker` have in common. */
export interface Port {
  postMessage(message: unknown, transfer?: ReadonlyArray<ArrayBuffer>): void
  on(event: "message" | "messageerror", listener: (message: unknown) => void): unknown
}

export interface Options {
  readonly address: string
  readonly port: Port
  readonly outgoingHighBytes: number | undefined
  /** The other end has shown that it is there. */
  readonly onGreeted?: (() => void) | undefined
  /** Finds the true reason behind the end, and reports it once. */
  readonly explain?: ((reason: EndReason, report: (reason: EndReason) => void) => void) | undefined
  /** Lets go of the port: the link is over. */
  readonly hangUp?: (() => void) | undefined
}

/** Bytes under way that count as having left. */
const windowBytes = 256 * 1024
/** The reader says what it took each time it is this much. */
const takenBytes = windowBytes / 4
/** Chunks up to this size travel as strings. */
const smallBytes = 4096

export class PortLink implements Link {
  readonly address: string
  readonly #options: Options
  readonly #port: Port
  readonly #highBytes: number

  #sink: LinkSink | undefined
  #paused = true
  /** Messages that wait for the reader. */
  #held: Array<unknown> = []
  #delivering = false
  /** Bytes that the reader took and that the other end has not been told of. */
  #taken = 0
  /** Bytes offered that the other end has not taken. */
  #untaken = 0
  #owesDrained = false
  /** No more will come, for this reason. */
  #left: EndReason | undefined
  #closing = false
  #explaining = false
  #over: EndReason | undefined

  constructor(options: Options) {
    this.address = options.address
    this.#options = options
    this.#port = options.port
    this.#highBytes = options.outgoingHighBytes ?? 256 * 1024
    this.#port.on("message", this.#onMessage)
    this.#port.on("messageerror", this.#onForeign)
    this.#port.postMessage(0)
  }

  get paused(): boolean {
    return this.#paused
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
    this.#deliverSoon()
  }

  offer(chunk: Uint8Array): boolean {
    const bytes = chunk.length
    if (this.#isDeaf || bytes === 0) return true
    if (bytes <= smallBytes) {
      this.#port.postMessage(Buffer.from(chunk.buffer, chunk.byteOffset, bytes).toString("latin1"))
    } else {
      // A view is posted with all of the memory behind it, so the copy has its own.
      const copy = new Uint8Array(chunk)
      this.#port.postMessage(copy, [copy.buffer])
    }
    this.#untaken += bytes
    if (this.queuedBytes <= this.#highBytes) return true
    this.#owesDrained = true
    return false
  }

  get queuedBytes(): number {
    return Math.max(0, this.#untaken - windowBytes)
  }

  /** Ends the link after what has come was delivered: the other end is gone. */
  end(reason: EndReason): void {
    if (this.#left !== undefined) return
    this.#left = reason
    this.#forgetUntaken()
    this.#deliverSoon()
  }

  /** Takes leave and ends the link with `Closed`. What was offered is posted already, and arrives before that. */
  close(): void {
    if (this.#closing) return
    this.#closing = true
    this.#held = []
    this.#untaken = 0
    if (this.#left === undefined) this.#port.postMessage(null)
    this.#report({ _tag: "Closed" })
  }

  /** Nobody takes what is offered any more. */
  get #isDeaf(): boolean {
    return this.#closing || this.#left !== undefined
  }

  readonly #onMessage = (message: unknown): void => {
    if (typeof message === "number") return this.#onTaken(message)
    if (this.#isDeaf) return
    if (message === null) return this.end({ _tag: "Ended" })
    if (this.#paused || this.#held.length > 0) this.#held.push(message)
    else this.#deliver(message)
  }

  readonly #onForeign = (error: unknown): void => this.#onMessage(error)

  #onTaken(bytes: number): void {
    this.#options.onGreeted?.()
    if (!(bytes > 0)) return
    this.#untaken = Math.max(0, this.#untaken - bytes)
    this.#sayDrained()
  }

  #forgetUntaken(): void {
    this.#untaken = 0
    this.#sayDrained()
  }

  #sayDrained(): void {
    if (!this.#owesDrained || this.#sink === undefined || this.queuedBytes > 0 || this.#closing) return
    this.#owesDrained = false
    this.#sink.drained()
  }

  #deliver(message: unknown): void {
    if (typeof message === "string") this.#deliverBytes(Buffer.from(message, "latin1"))
    else if (isUint8Array(message)) this.#deliverBytes(message)
    else this.#sink!.foreign?.(`a message that is none of this link's came on its port: ${quote(message)}`)
  }

  #deliverBytes(chunk: Uint8Array): void {
    this.#sink!.bytes(chunk)
    this.#taken += chunk.length
    if (this.#taken < takenBytes || this.#isDeaf) return
    this.#port.postMessage(this.#taken)
    this.#taken = 0
  }

  #deliverSoon(): void {
    if (this.#delivering || this.#paused) return
    this.#delivering = true
    queueMicrotask(this.#deliverHeld)
  }

  readonly #deliverHeld = (): void => {
    this.#delivering = false
    this.#sayDrained()
    let at = 0
    while (at < this.#held.length && !this.#paused) this.#deliver(this.#held[at++])
    this.#held.splice(0, at)
    if (this.#left !== undefined && this.#held.length === 0 && !this.#paused) this.#explain(this.#left)
  }

  #explain(reason: EndReason): void {
    if (this.#explaining || this.#closing) return
    this.#explaining = true
    const { explain } = this.#options
    if (explain === undefined) this.#report(reason)
    else explain(reason, (told) => this.#report(told))
  }

  #report(reason: EndReason): void {
    if (this.#over !== undefined) return
    this.#over = reason
    this.#options.hangUp?.()
    this.#sink?.end(reason)
  }
}

const quote = (message: unknown): string => inspect(message, { depth: 1, breakLength: Infinity }).slice(0, 200)
