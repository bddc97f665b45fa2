/**
 * A connection of innmind/ipc at the level of its messages: link -> frames -> life -> whoever speaks, and back.
 *
 * What is said in one tick leaves together at its end; each frame lies in one piece of memory. It has no clock: who uses
 * it bounds the greeting and the goodbye.
 *
 * @internal
 * @since 0.1.0
 */
import { describeEnd, fromRefusal } from "../../peer/Reason.ts"
import type { IpcError } from "../../peer/IpcError.ts"
import type { EndReason, Link, LinkSink } from "../../transport/Link.ts"
import * as Control from "../../wire/dialect/InnmindControl.ts"
import { Life, type LifeSink } from "../../wire/dialect/InnmindLife.ts"
import type { FramerOut, Refusal } from "../../wire/Format.ts"
import { MediaFramer, type MediaMessage } from "../../wire/framing/MediaFrame.ts"
import { WriteBuffer } from "../../wire/WriteBuffer.ts"

/** Bytes that may wait for a peer that does not read. */
const outgoingMaxBytes = 64 * 1024 * 1024

/** Gathered bytes leave at once from here on, so that a peer that does not read is noticed. */
const flushBytes = 64 * 1024

/** How much may wait to be taken before no more is read; half of it, and reading goes on. */
const inboxMessages = 1024
const inboxBytes = 1024 * 1024

export interface Terms {
  readonly role: "dialer" | "acceptor"
  readonly version: Control.Version
  readonly maxFrameBytes: number
  readonly maxWriteBytes: number
}

/** Where a dialogue tells what happens. */
export interface Port {
  opened(): void
  /** A message of the peer's user came: `taken` is told when it was. */
  user(message: MediaMessage): void
  /** The peer has the oldest message that it has not said so of. */
  acknowledged(): void
  /** The peer has said something, whatever it was. */
  heard(): void
  fault(error: IpcError): void
  /** The dialogue is over. Called once, last. */
  over(error: IpcError): void
}

export class Dialogue implements LinkSink, FramerOut<MediaMessage>, LifeSink {
  readonly #terms: Terms
  readonly #port: Port
  readonly #link: Link
  readonly #framer: MediaFramer
  readonly #life: Life
  readonly #buffer = new WriteBuffer()
  #flushSoon = false
  #waitingMessages = 0
  #waitingBytes = 0
  #paused = false
  #error: IpcError | undefined

  constructor(link: Link, terms: Terms, port: Port) {
    this.#terms = terms
    this.#port = port
    this.#link = link
    this.#framer = new MediaFramer(terms, terms.maxWriteBytes)
    this.#life = new Life(terms.role, terms.version, this)
  }

  start(): void {
    this.#life.start()
    this.#link.start(this)
  }

  get isOpen(): boolean {
    return this.#life.state === "open" && this.#error === undefined
  }

  /** Why it is over; undefined while it is not. */
  get error(): IpcError | undefined {
    return this.#error
  }

  /** Sends a message, or answers why it is not. */
  send(message: MediaMessage): IpcError | undefined {
    if (this.#error !== undefined) return this.#error
    if (!this.isOpen) return this.errorOf(closing, "local")
    if (Control.read(message, this.#terms.version) !== undefined) return this.errorOf(Control.refusal, "local")
    const written = this.#framer.write(message, this.#buffer)
    if (typeof written !== "number") return this.errorOf(written, "local")
    this.#flushInTime()
    return undefined
  }

  /** Says that this side is there. */
  beat(): void {
    if (this.#error === undefined) this.#life.beat()
  }

  /** Says goodbye; `over` is told when the peer has answered. */
  close(): void {
    if (this.#error !== undefined) return
    this.#life.close()
    // Its answer stands behind whatever waits to be read, which is for nobody any more.
    this.#resume()
  }

  /** Gives up: the peer has not greeted, or not answered a goodbye, in time. */
  giveUp(reason: Refusal): void {
    this.close()
    this.#flush()
    this.#over(this.errorOf(reason, "local"))
  }

  /** Counts what waits to be taken, by the bytes of its content. */
  waits(bytes: number): void {
    this.#waitingMessages++
    this.#waitingBytes += bytes
    if (this.#paused || !this.isOpen) return
    if (this.#waitingMessages < inboxMessages && this.#waitingBytes < inboxBytes) return
    this.#paused = true
    this.#link.pause()
  }

  /** Counts what was taken. */
  taken(bytes: number): void {
    this.#waitingMessages--
    this.#waitingBytes -= bytes
    if (this.#waitingMessages > inboxMessages / 2 || this.#waitingBytes > inboxBytes / 2) return
    this.#resume()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#link.resume()
  }

  errorOf(reason: Refusal, side: "local" | "remote", end?: EndReason): IpcError {
    return fromRefusal(reason, side, { address: this.#link.address }, end)
  }

  // What the link tells

  bytes(chunk: Uint8Array, stream?: number): void {
    if (this.#error !== undefined) return
    this.#framer.read(chunk, this, stream)
  }

  drained(): void {
    this.#flush()
  }

  end(reason: EndReason): void {
    if (this.#error === undefined) this.#framer.end(this)
    this.#over(this.errorOf({ _tag: "Disconnected", detail: describeEnd(reason) }, "local", reason))
  }

  // What the framer tells

  message(message: MediaMessage): void {
    if (this.#error !== undefined) return
    this.#port.heard()
    this.#life.receive(message)
  }

  junk(bytes: Uint8Array): void {
    const detail = `${bytes.length} bytes of a message that never became whole`
    this.#port.fault(this.errorOf({ _tag: "Malformed", detail }, "remote"))
  }

  refuse(reason: Refusal): void {
    if (!this.isOpen) return
    this.#port.heard()
    this.#life.acknowledge()
    this.#port.fault(this.errorOf(reason, "remote"))
  }

  lost(reason: Refusal): void {
    this.giveUp(reason)
  }

  // What the life tells

  say(message: MediaMessage): void {
    this.#framer.write(message, this.#buffer)
    this.#flushInTime()
  }

  opened(): void {
    this.#port.opened()
  }

  user(message: MediaMessage): void {
    this.waits(message.content.length)
    this.#port.user(message)
  }

  acknowledged(): void {
    this.#port.acknowledged()
  }

  alive(): void {}

  over(byPeer: boolean): void {
    this.#flush()
    this.#over(byPeer ? this.errorOf(closedByPeer, "remote") : this.errorOf(closedHere, "local"))
  }

  #over(error: IpcError): void {
    if (this.#error !== undefined) return
    this.#error = error
    // What comes until the link is closed is for nobody, but a link that is paused does not tell its end.
    this.#resume()
    this.#port.over(error)
  }

  #flushInTime(): void {
    if (this.#buffer.bytes >= flushBytes) return this.#flush()
    if (this.#flushSoon) return
    this.#flushSoon = true
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#flushSoon = false
    this.#buffer.flush((chunk) => void this.#link.offer(chunk))
    const { queuedBytes } = this.#link
    if (queuedBytes === 0) return this.#buffer.reuse()
    if (queuedBytes <= outgoingMaxBytes) return
    this.#over(
      this.errorOf(
        { _tag: "Disconnected", detail: `the peer stopped reading: ${queuedBytes} bytes wait for it` },
        "local"
      )
    )
  }
}

const closing: Refusal = { _tag: "Disconnected", detail: "the connection is being closed" }
const closedHere: Refusal = { _tag: "Disconnected", detail: "closed by this side" }
const closedByPeer: Refusal = { _tag: "Disconnected", detail: "the peer closed the connection" }
