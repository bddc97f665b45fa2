/**
 * A link: a live byte duplex to one peer. It moves bytes and knows no message.
 *
 * Law 1: bytes arrive in the order they were offered at the other end, cut anywhere.
 * Law 2: `end` is called exactly once, after the last `bytes`, and nothing follows it.
 * Law 3: a link never waits for its reader; a reader that falls behind calls `pause`. It never delivers from within `offer`.
 * Law 4: the scope a link was opened in owns it; closing the scope flushes what was
 * offered (for a bounded time), then closes the link, and `end` reports `Closed`.
 *
 * @since 0.1.0
 */

/**
 * Why a link ended. A clean end is a reason like any other, not an error.
 *
 * @category models
 * @since 0.1.0
 */
export type EndReason =
  /** The peer finished: end of file, or an orderly close; `detail` says more where there is more to say. */
  | { readonly _tag: "Ended"; readonly detail?: string }
  /** This side closed the link. */
  | { readonly _tag: "Closed" }
  /**
   * The process, or worker thread, at the other end is gone. `stderrTail` is the last text it wrote to stderr, and for a
   * thread what it threw.
   */
  | {
      readonly _tag: "Exited"
      /** Default: `process`. */
      readonly what?: "process" | "worker thread"
      readonly exitCode: number | undefined
      readonly signal: string | undefined
      readonly stderrTail: string
    }
  /** The system broke the link while reading or writing; `detail` names the system's error, e.g. `EPIPE`. */
  | { readonly _tag: "Broken"; readonly stage: "read" | "write"; readonly detail: string }

/**
 * Where a link delivers what happens. All are called synchronously and never throw.
 *
 * @category models
 * @since 0.1.0
 */
export interface LinkSink {
  /**
   * Takes bytes. The chunk is borrowed: its memory may be written again as soon as this returns. A link that reads a
   * second stream, where frames may be among text, says 1 for it; between the streams there is no order.
   */
  bytes(chunk: Uint8Array, stream?: number): void
  /** Says that everything offered has left, after an `offer` had answered false. */
  drained(): void
  /** Says that the link is over, and why. */
  end(reason: EndReason): void
  /** Says that something came that is none of the peer's bytes, and was dropped; `detail` quotes it. */
  foreign?(detail: string): void
}

/**
 * A live byte duplex to one peer.
 *
 * @category models
 * @since 0.1.0
 */
export interface Link {
  /** What a person would call the other end, e.g. `unix:/run/app.sock` or `child:node server.js (pid 123)`. */
  readonly address: string
  /** Starts delivery to `sink`. Called once; until then the link holds back what arrives. */
  start(sink: LinkSink): void
  /** Holds back `bytes` (and in time, through the kernel, the writer at the other end) until `resume`. */
  pause(): void
  /** Delivers again, what was held back first. */
  resume(): void
  /**
   * Takes `chunk` for writing; may be a system call. Answers false above the high-water mark: the chunk is
   * taken all the same, and `drained` will be called. After the end it takes nothing and answers true.
   */
  offer(chunk: Uint8Array): boolean
  /** Bytes offered that the link still holds. At 0 the memory of every offered chunk may be written again. */
  readonly queuedBytes: number
  /** Takes back what was no frame on the second stream: its text. The bytes are borrowed. */
  readonly stray?: ((bytes: Uint8Array) => void) | undefined
}
