/**
 * The reading half of a channel over a link: chunk -> framer -> mailbox.
 *
 * Rule 1: what a reader of messages does runs after the framer has read its chunk, never from within.
 * Rule 2: a reader that lags pauses the link, by messages or bytes; it reads on at half of that. A chunk's bytes count
 * until the last of its messages is taken.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { IpcError } from "../peer/IpcError.ts"
import type { Link } from "../transport/Link.ts"
import type { Framer, FramerOut, Refusal } from "../wire/Format.ts"
import { type End, Mailbox } from "./Mailbox.ts"
import { Standstill } from "./Standstill.ts"

export interface Limits {
  readonly messages: number
  readonly bytes: number
}

/** Who hears of what is no message. */
export interface Reports {
  readonly junk: (bytes: Uint8Array) => void
  readonly fault: (reason: Refusal) => void
  /** The framing is lost: nothing more is read. */
  readonly lost: (reason: Refusal) => void
}

/** How long a message that has begun may stand still. */
export interface Patience {
  readonly abandonAfterMillis: number
  /** Runs what nobody waits for, and answers how to stop it. */
  readonly run: (effect: Effect.Effect<void>) => () => void
}

interface Held<M> {
  readonly message: M
  bytes: number
}

export class LinkReader<M> implements FramerOut<M> {
  readonly #link: Link
  readonly #framer: Framer<M>
  readonly #limits: Limits
  readonly #reports: Reports
  readonly #mailbox: Mailbox<Held<M>, M>
  #fresh: Array<Held<M>> = []
  #told: Array<() => void> = []
  /** Bytes that came, of no message that is whole. */
  #unfinishedBytes = 0
  #heldBytes = 0
  #paused = false
  #lost: Refusal | undefined

  /** Where messages that have begun may stand still. */
  readonly #standstill: Standstill | undefined

  constructor(link: Link, framer: Framer<M>, limits: Limits, reports: Reports, patience?: Patience) {
    this.#link = link
    this.#framer = framer
    this.#limits = limits
    this.#reports = reports
    this.#mailbox = new Mailbox((held) => this.#taken(held))
    this.#standstill =
      patience &&
      new Standstill(patience.abandonAfterMillis, {
        isUnfinished: (stream) => framer.isUnfinished?.(stream) === true,
        abandon: (stream) => this.#abandon(stream),
        paused: () => this.#paused,
        run: patience.run
      })
  }

  /** Takes the next message. */
  get take(): Effect.Effect<M, IpcError | Cause.Done> {
    return this.#mailbox.take
  }

  /** Reads a chunk. */
  read(chunk: Uint8Array, stream: number | undefined): void {
    if (this.#lost !== undefined) return
    this.#unfinishedBytes += chunk.length
    this.#framer.read(chunk, this, stream)
    this.#standstill?.heard(stream ?? 0)
    this.#deliver()
  }

  /** Ends after what has arrived; with the loss of the framing, if what was unfinished says so, else as `end` says. */
  finish(end: (lost: Refusal | undefined) => End): void {
    this.#standstill?.end()
    if (this.#lost === undefined) this.#framer.end(this)
    this.#deliver()
    this.#mailbox.end(end(this.#lost))
  }

  /** Ends with an error, after what has arrived. */
  fail(error: IpcError): void {
    this.#standstill?.end()
    this.#mailbox.end(Exit.fail(error))
  }

  // What the framer tells

  message(message: M): void {
    this.#fresh.push({ message, bytes: 0 })
  }

  junk(bytes: Uint8Array, stream?: number): void {
    if (stream === 1 && this.#link.stray !== undefined) return this.#link.stray(bytes)
    const copy = bytes.slice()
    this.#told.push(() => this.#reports.junk(copy))
  }

  refuse(reason: Refusal): void {
    this.#told.push(() => this.#reports.fault(reason))
  }

  lost(reason: Refusal): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    this.#told.push(() => this.#reports.lost(reason))
  }

  #abandon(stream: number): void {
    this.#framer.abandon?.(this, stream)
    this.#deliver()
  }

  #deliver(): void {
    const fresh = this.#fresh
    const told = this.#told
    this.#fresh = []
    this.#told = []
    const last = fresh.at(-1)
    if (last !== undefined) {
      last.bytes = this.#unfinishedBytes
      this.#heldBytes += this.#unfinishedBytes
      this.#unfinishedBytes = 0
      if (this.#mailbox.length + fresh.length >= this.#limits.messages || this.#heldBytes >= this.#limits.bytes) {
        this.#paused = true
        this.#link.pause()
      }
      this.#mailbox.push(fresh)
    }
    for (const tell of told) tell()
  }

  #taken({ bytes, message }: Held<M>): M {
    this.#heldBytes -= bytes
    if (
      this.#paused &&
      this.#mailbox.length <= this.#limits.messages / 2 &&
      this.#heldBytes <= this.#limits.bytes / 2
    ) {
      this.#paused = false
      this.#link.resume()
    }
    return message
  }
}
