/**
 * A channel over a link: it joins the reading and the writing half, and knows how both end.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { IpcError } from "../peer/IpcError.ts"
import * as Reason from "../peer/Reason.ts"
import type { EndReason, Link, LinkSink } from "../transport/Link.ts"
import type { Format, Refusal } from "../wire/Format.ts"
import { LinkReader } from "./LinkReader.ts"
import { LinkWriter } from "./LinkWriter.ts"
import * as Mailbox from "./Mailbox.ts"

/** What a channel over a link can be told; `Channel.ts` documents it. */
export interface Options {
  readonly maxFrameBytes?: number | undefined
  readonly inboxMessages?: number | undefined
  readonly inboxBytes?: number | undefined
  readonly onFault?: ((error: IpcError) => Effect.Effect<void>) | undefined
  readonly onJunk?: ((bytes: Uint8Array) => Effect.Effect<void>) | undefined
}

/** What a channel needs of where it lives. */
export interface Surroundings {
  /** Runs what nobody waits for, and answers how to stop it. */
  readonly run: (effect: Effect.Effect<void>) => () => void
  /** Closes the link: nothing that comes can be read any more. */
  readonly close: () => void
}

const defaults = { maxFrameBytes: 16 * 1024 * 1024, inboxMessages: 256, inboxBytes: 1024 * 1024 } as const

/** How much of what is no message is quoted. */
const quotedBytes = 200

export class LinkChannel<M> implements LinkSink {
  readonly address: string
  /** Why the link has ended, or is of no more use; messages may still be there to receive. */
  readonly ended = Deferred.makeUnsafe<IpcError>()
  readonly #reader: LinkReader<M>
  readonly #writer: LinkWriter<M>
  readonly #options: Options
  readonly #surroundings: Surroundings

  constructor(format: Format<M>, link: Link, options: Options, surroundings: Surroundings) {
    const { inboxBytes, inboxMessages, maxFrameBytes } = options
    this.address = link.address
    this.#options = options
    this.#surroundings = surroundings
    const { abandonAfterMillis } = format
    const framer = format.open({ maxFrameBytes: maxFrameBytes ?? defaults.maxFrameBytes })
    this.#reader = new LinkReader(
      link,
      framer,
      { messages: inboxMessages ?? defaults.inboxMessages, bytes: inboxBytes ?? defaults.inboxBytes },
      {
        junk: (bytes) => this.#junk(bytes),
        fault: (reason) => this.#fault(reason),
        lost: (reason) => this.#lost(reason)
      },
      abandonAfterMillis === undefined ? undefined : { abandonAfterMillis, run: surroundings.run }
    )
    this.#writer = new LinkWriter(link, framer, (reason) => this.#error(reason))
    link.start(this)
  }

  get congested(): boolean {
    return this.#writer.congested
  }

  get receive(): Effect.Effect<M, IpcError | Cause.Done> {
    return this.#reader.take
  }

  send(message: M): Effect.Effect<void, IpcError> {
    return this.#writer.send(message)
  }

  flush(): void {
    this.#writer.flush()
  }

  // What the link tells

  bytes(chunk: Uint8Array, stream?: number): void {
    this.#reader.read(chunk, stream)
  }

  drained(): void {
    this.#writer.drained()
  }

  end(reason: EndReason): void {
    const disconnected = this.#error({ _tag: "Disconnected", detail: Reason.describeEnd(reason) }, reason)
    // Who reads to the end has been told why before it sends again.
    this.#writer.end(disconnected)
    this.#reader.finish((lost) => {
      if (!endsWell(reason)) return Exit.fail(disconnected)
      return lost === undefined || reason._tag === "Closed" ? Mailbox.done : Exit.fail(this.#error(lost))
    })
    Deferred.doneUnsafe(this.ended, Exit.succeed(disconnected))
  }

  foreign(detail: string): void {
    this.#fault({ _tag: "Malformed", detail })
  }

  #lost(reason: Refusal): void {
    const error = this.#error(reason)
    this.#writer.flush()
    this.#writer.end(error)
    this.#reader.fail(error)
    Deferred.doneUnsafe(this.ended, Exit.succeed(error))
    this.#surroundings.close()
  }

  #junk(bytes: Uint8Array): void {
    const { onJunk } = this.#options
    if (onJunk !== undefined) return this.#run(() => onJunk(bytes))
    const text = JSON.stringify(new TextDecoder().decode(bytes.subarray(0, quotedBytes)))
    this.#fault({ _tag: "Malformed", detail: `${bytes.length} bytes that belong to no message were skipped: ${text}` })
  }

  #fault(reason: Refusal): void {
    const { onFault } = this.#options
    const error = this.#error(reason)
    this.#run(() => (onFault === undefined ? Effect.logWarning(error.message) : onFault(error)))
  }

  /** It is told in the middle of reading, so whatever it does wrong must not get there. */
  #run(told: () => Effect.Effect<void>): void {
    this.#surroundings.run(Effect.ignoreCause(Effect.suspend(told), { log: "Error" }))
  }

  #error(reason: Refusal, end?: EndReason): IpcError {
    return Reason.fromRefusal(reason, "local", { address: this.address }, end)
  }
}

const endsWell = (reason: EndReason): boolean =>
  reason._tag === "Exited" ? reason.exitCode === 0 && reason.signal === undefined : reason._tag !== "Broken"
