/**
 * The link over Node streams that every link of this room is made of.
 *
 * Rule 1: no stream event is left without a listener, from construction on and after the end too, so no write to a
 * peer that left can crash the process.
 * Rule 2: a write that fails does not end the link at once: what the peer wrote before it left is read first.
 * Rule 3: times are real time, not the test clock: they bound what the system and other processes do.
 *
 * @internal
 * @since 0.1.0
 */
import type { Duplex, Readable, Writable } from "node:stream"
import type { EndReason, Link, LinkSink } from "../transport/Link.ts"
import * as HalfBroken from "./HalfBroken.ts"
import type { Intake } from "./Intake.ts"
import { Outgoing } from "./Outgoing.ts"

/** How long to go on reading after a write has failed, in milliseconds. The peer that left ends its stream at once. */
const deafMillis = 1000

export interface StreamLinkOptions {
  readonly address: string
  readonly readable: Readable
  readonly writable: Writable
  /** Where `readable` puts its bytes when it was made with `onread`; it then emits no `data`. */
  readonly intake?: Intake | undefined
  /** A second stream to read: its bytes are delivered until the end is reported. Whoever destroys it is not this link. */
  readonly second?: Readable | undefined
  /** Takes what was no frame on the second stream. */
  readonly stray?: ((bytes: Uint8Array) => void) | undefined
  readonly outgoingHighBytes: number
  /** Offered chunks are copied, because `writable` may hold them longer than it counts them. */
  readonly copies: boolean
  /** Closing ends `writable` and reads to the end of `readable`. Else the one is only flushed, and the other left. */
  readonly shutdown: boolean
  /** Finds the true reason behind what the streams say, and reports it once. */
  readonly explain?: ((reason: EndReason, report: (reason: EndReason) => void) => void) | undefined
}

export class StreamLink implements Link {
  readonly address: string
  readonly stray: ((bytes: Uint8Array) => void) | undefined
  readonly #options: StreamLinkOptions
  readonly #readable: Readable
  readonly #outgoing: Outgoing

  #sink: LinkSink | undefined
  #paused = true
  /** No more bytes are delivered: the end is being explained, or this side is closing. */
  #ended = false
  #closing = false
  #over: EndReason | undefined
  #writeFailure: EndReason | undefined

  constructor(options: StreamLinkOptions) {
    this.address = options.address
    this.stray = options.stray
    this.#options = options
    this.#readable = options.readable
    this.#outgoing = new Outgoing(options, () => {
      if (!this.#ended) this.#sink?.drained()
    })
    this.#listen(options.readable, options.writable)
    this.#readable.pause()
    if (options.second !== undefined) this.#listenSecond(options.second)
  }

  get paused(): boolean {
    return this.#paused
  }

  start(sink: LinkSink): void {
    this.#sink = sink
    const over = this.#over
    if (over !== undefined) return queueMicrotask(() => sink.end(over))
    if (this.#options.intake === undefined) this.#readable.on("data", this.#onBytes)
    else this.#options.intake.to = this.#onBytes
    this.resume()
  }

  pause(): void {
    if (this.#closing) return
    this.#paused = true
    this.#readable.pause()
    this.#options.second?.pause()
  }

  resume(): void {
    // Who takes what had come before the end must not take what comes for the next link over the same descriptor.
    if (this.#sink === undefined || this.#closing) return
    this.#paused = false
    this.#readable.resume()
    this.#options.second?.resume()
  }

  offer(chunk: Uint8Array): boolean {
    return this.#ended || this.#outgoing.offer(chunk)
  }

  get queuedBytes(): number {
    return this.#outgoing.queuedBytes
  }

  /** Ends the link although its streams have not ended: the process behind them is gone. */
  end(): void {
    this.#onReadEnd({ _tag: "Ended" })
  }

  /**
   * Flushes what was offered for at most `flushMillis`, ends the link with `Closed`, then calls `done`. A stream that is
   * shut down is read on until `destroy`, and what comes is thrown away: the peer is not held up and sees no reset.
   */
  close(flushMillis: number, done: () => void): void {
    this.#closing = true
    this.#ended = true
    this.#paused = false
    if (this.#options.intake !== undefined) this.#options.intake.to = undefined
    if (this.#options.shutdown) this.#readable.resume()
    // What comes next may be for the next link over the same descriptor.
    else this.#readable.pause()
    this.#options.second?.resume()
    this.#outgoing.flush(flushMillis, () => {
      this.#report({ _tag: "Closed" })
      done()
    })
  }

  /** Reads on in the background until the peer ends too, for at most `millis`, without keeping the process alive. */
  linger(millis: number): void {
    if (this.#readable.readableEnded || this.#readable.destroyed) return this.destroy()
    const unrefable = this.#readable as { unref?: () => void }
    unrefable.unref?.()
    const destroy = (): void => {
      clearTimeout(timer)
      this.destroy()
    }
    const timer = setTimeout(destroy, millis).unref()
    this.#readable.once("end", destroy)
    this.#readable.once("close", destroy)
  }

  destroy(): void {
    this.#readable.destroy()
    this.#options.writable.destroy()
  }

  #listen(readable: Readable, writable: Writable): void {
    const oneStream = readable === (writable as unknown)
    if (oneStream) HalfBroken.keepReading(readable as Duplex)
    const onReadEnd = (detail: string) => this.#onReadEnd({ _tag: "Broken", stage: "read", detail })
    const onError = (error: NodeJS.ErrnoException) => {
      if (oneStream && HalfBroken.isOfWriting(error)) return this.#onWriteFailed(detailOf(error))
      if (oneStream) this.#outgoing.fail()
      onReadEnd(detailOf(error))
    }
    const onEnd = () => this.#onReadEnd({ _tag: "Ended" })
    const onClose = () => onReadEnd("closed before its end")
    // Node resumes the output of a process that has exited, whoever paused it.
    readable.on("resume", () => {
      if (this.#paused) readable.pause()
    })
    readable.on("end", onEnd)
    readable.on("error", onError)
    readable.on("close", onClose)
    if (!oneStream) {
      writable.on("error", (error: NodeJS.ErrnoException) => this.#onWriteFailed(detailOf(error)))
      writable.on("close", () => this.#onWriteFailed("closed by the peer"))
    }
    // What happened before has no event any more.
    if (readable.destroyed) queueMicrotask(onClose)
    else if (readable.readableEnded) queueMicrotask(onEnd)
  }

  #listenSecond(second: Readable): void {
    second.pause()
    second.on("data", (chunk: Buffer) => {
      // Who looks for frames in it has left: the rest is taken for text.
      if (this.#closing || this.#over !== undefined) this.stray?.(chunk)
      else this.#sink!.bytes(chunk, 1)
    })
    // As above. A stream that gets a listener for `data` also resumes.
    second.on("resume", () => {
      if (this.#paused) second.pause()
    })
  }

  readonly #onBytes = (chunk: Uint8Array): void => {
    if (!this.#ended) this.#sink!.bytes(chunk)
  }

  #onReadEnd(reason: EndReason): void {
    this.#end(this.#writeFailure ?? reason)
  }

  #onWriteFailed(detail: string): void {
    // An orderly end of ours closes the stream too.
    if (this.#closing && this.#options.writable.writableFinished) return
    this.#outgoing.fail()
    if (this.#ended || this.#writeFailure !== undefined) return
    this.#writeFailure = { _tag: "Broken", stage: "write", detail }
    this.#awaitLastBytes()
  }

  /** Ends the link with the write's failure when the reading side does not end by itself. */
  #awaitLastBytes(): void {
    const timer = setTimeout(() => {
      if (this.#ended) return
      if (this.#paused) return this.#awaitLastBytes()
      this.#end(this.#writeFailure!)
    }, deafMillis)
    timer.unref()
  }

  #end(reason: EndReason): void {
    if (this.#ended) return
    this.#ended = true
    const explain = this.#options.explain
    if (explain === undefined) this.#report(reason)
    else explain(reason, (told) => this.#report(told))
  }

  #report(reason: EndReason): void {
    if (this.#over !== undefined) return
    this.#over = reason
    this.#sink?.end(reason)
  }
}

/** Names a system error by its code, or by its message if it has none. */
export const detailOf = (error: NodeJS.ErrnoException): string => error.code ?? error.message
