/**
 * A link around another one, whose two directions pass through lanes.
 *
 * It keeps the laws of links: the end comes after the last bytes, unless it is cut; closing lets go of what is held back.
 *
 * @internal
 * @since 0.1.0
 */
import type { EndReason, Link, LinkSink } from "../transport/Link.ts"
import { Lane, type Parts } from "./Lane.ts"

/** What a lane is made of, besides where it leads. */
type Ways = Omit<Parts, "deliver" | "emptied">

/** Bytes held back before `offer` answers false. */
const highBytes = 256 * 1024

export class FaultyLink implements Link, LinkSink {
  readonly address: string
  readonly toServer: Lane
  readonly toClient: Lane
  readonly #inner: Link
  #sink: LinkSink | undefined
  #innerFull = false
  #owesDrained = false
  /** The inner link has ended, and what it brought is not all delivered. */
  #ending: EndReason | undefined
  #over: EndReason | undefined

  constructor(inner: Link, toServer: Ways, toClient: Ways) {
    this.#inner = inner
    this.address = inner.address
    this.toServer = new Lane({
      ...toServer,
      deliver: (chunk) => {
        if (!inner.offer(chunk)) this.#innerFull = true
      },
      emptied: () => this.#sayDrained()
    })
    this.toClient = new Lane({
      ...toClient,
      deliver: (chunk) => {
        if (this.#over === undefined) this.#sink?.bytes(chunk)
      },
      emptied: () => this.#sayEnd()
    })
  }

  // As a link

  start(sink: LinkSink): void {
    this.#sink = sink
    const over = this.#over
    if (over !== undefined) return queueMicrotask(() => sink.end(over))
    this.#inner.start(this)
  }

  pause(): void {
    this.toClient.paused = true
    this.#inner.pause()
  }

  resume(): void {
    this.toClient.paused = false
    this.#inner.resume()
  }

  offer(chunk: Uint8Array): boolean {
    if (this.#over !== undefined) return true
    this.toServer.push(chunk)
    if (!this.#innerFull && this.toServer.bytes <= highBytes) return true
    this.#owesDrained = true
    return false
  }

  get queuedBytes(): number {
    return this.#inner.queuedBytes + this.toServer.bytes
  }

  // As the sink of the inner link

  bytes(chunk: Uint8Array): void {
    this.toClient.push(chunk)
  }

  drained(): void {
    this.#innerFull = false
    this.#sayDrained()
  }

  end(reason: EndReason): void {
    this.#ending = reason
    // Who closes does not wait for what is late.
    if (reason._tag === "Closed") this.toClient.clear()
    this.#sayEnd()
  }

  // As a link with faults

  /** Lets everything on its way to the server go: this side closes. */
  flush(): void {
    this.toServer.flush()
  }

  /** Ends this side at once. What is on its way is lost. */
  cut(reason: EndReason): void {
    if (this.#over !== undefined) return
    this.toServer.clear()
    this.toClient.clear()
    this.#over = reason
    this.#sink?.end(reason)
  }

  #sayDrained(): void {
    if (!this.#owesDrained || this.#innerFull || this.toServer.bytes > 0) return
    this.#owesDrained = false
    if (this.#over === undefined) this.#sink?.drained()
  }

  #sayEnd(): void {
    if (this.#ending === undefined || this.toClient.bytes > 0 || this.#over !== undefined) return
    this.#over = this.#ending
    this.toServer.clear()
    this.#sink?.end(this.#over)
  }
}
