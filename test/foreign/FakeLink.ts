/** A link in the hands of a test: it says what comes, and sees what is offered. */
import type { EndReason, Link, LinkSink } from "../../src/transport/Link.ts"

export class FakeLink implements Link {
  readonly address = "fake"
  readonly offered: Array<string> = []
  readonly strays: Array<string> = []
  /** Bytes it takes before it is full. */
  room = Infinity
  paused = false
  queuedBytes = 0
  #sink: LinkSink | undefined

  start(sink: LinkSink): void {
    this.#sink = sink
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  offer(chunk: Uint8Array): boolean {
    this.offered.push(new TextDecoder().decode(chunk))
    this.queuedBytes += chunk.length
    return this.queuedBytes < this.room
  }

  stray(bytes: Uint8Array): void {
    this.strays.push(new TextDecoder().decode(bytes))
  }

  deliver(text: string, stream?: number): void {
    this.#sink!.bytes(new TextEncoder().encode(text), stream)
  }

  foreign(detail: string): void {
    this.#sink!.foreign!(detail)
  }

  /** Lets everything leave. */
  drain(): void {
    this.queuedBytes = 0
    this.#sink!.drained()
  }

  end(reason: EndReason): void {
    this.#sink!.end(reason)
  }
}
