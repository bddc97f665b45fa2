/**
 * One connection of innmind/ipc: frames to messages of a session, and back.
 *
 * It joins the parts: the framing, the life of the connection, and what this side does, which is to ask or to answer.
 *
 * @since 0.1.0
 */
import type { Message, Refusal } from "../../session/Message.ts"
import type { FramerOut } from "../Format.ts"
import { MediaFramer, type MediaMessage } from "../framing/MediaFrame.ts"
import type { Codec, CodecOptions, Lexicon, Out } from "../Wire.ts"
import { helloOf } from "./ImpliedHello.ts"
import { Answerer } from "./InnmindAnswerer.ts"
import { Asker } from "./InnmindAsker.ts"
import type { Version } from "./InnmindControl.ts"
import { Life, type LifeSink } from "./InnmindLife.ts"
import type { Plan } from "./InnmindMapping.ts"

/** What the codecs of a wire share. */
export interface Terms {
  readonly version: Version
  readonly maxWriteBytes: number
  /** How what the client says travels. */
  readonly plans: ReadonlyArray<Plan>
}

export class InnmindCodec implements Codec, FramerOut<MediaMessage>, LifeSink {
  readonly #lexicon: Lexicon
  readonly #options: CodecOptions
  readonly #framer: MediaFramer
  readonly #life: Life
  readonly #asker: Asker | undefined
  readonly #answerer: Answerer | undefined
  /** Where goes what is read or written at the moment. */
  #out: Out | undefined

  constructor(lexicon: Lexicon, options: CodecOptions, { maxWriteBytes, plans, version }: Terms) {
    this.#lexicon = lexicon
    this.#options = options
    this.#framer = new MediaFramer(options, maxWriteBytes)
    this.#life = new Life(options.role, version, this)
    if (options.role === "dialer") this.#asker = new Asker(plans, version, this.#framer, this.#life)
    else this.#answerer = new Answerer(plans, version, this.#framer)
  }

  // Codec

  get unfinished(): boolean {
    return this.#framer.unfinished
  }

  read(chunk: Uint8Array, out: Out, stream?: number): void {
    this.#out = out
    this.#framer.read(chunk, this, stream)
  }

  end(out: Out): void {
    this.#out = out
    this.#framer.end(this)
  }

  /** A frame that has begun comes whole or not at all. */
  abandon(): void {}

  write(message: Message, out: Out): number | Refusal {
    this.#out = out
    switch (message._tag) {
      case "Hello":
        this.#life.start()
        return 0
      case "Request":
      case "Event":
        return this.#asker?.say(message, out) ?? 0
      case "Success":
      case "Failure":
      case "Defect":
        return this.#answerer?.answer(message, out) ?? 0
      case "Cancel":
        this.#asker?.cancel(message.id)
        return 0
      case "Ping":
        // A client that waits for nothing is silent: a server may want to end when nobody wants anything of it.
        if (this.#asker?.waits !== false) this.#life.beat()
        return 0
      case "Bye":
        this.#asker?.leave(out)
        this.#life.close()
        return 0
      default:
        return 0
    }
  }

  // What the framer tells

  message(message: MediaMessage): void {
    this.#life.receive(message)
  }

  junk(bytes: Uint8Array, stream?: number): void {
    this.#out!.junk(bytes, stream)
  }

  refuse(reason: Refusal): void {
    if (this.#life.state !== "open") return
    // It is of a user: all others are small. Who has sent it waits to hear that it came.
    this.#life.acknowledge()
    if (this.#asker !== undefined) this.#asker.unreadable(reason, this.#out!)
    else this.#out!.refuse("none", 0, -1, reason)
  }

  lost(reason: Refusal): void {
    this.#out!.lost(reason)
  }

  // What the life tells

  say(message: MediaMessage): void {
    this.#framer.write(message, this.#out!.buffer)
  }

  opened(): void {
    this.#out!.message({
      _tag: "Hello",
      hello: helloOf(this.#lexicon, { frameBytes: this.#options.maxFrameBytes, calls: 1 })
    })
    this.#asker?.opened(this.#out!)
  }

  user(message: MediaMessage): void {
    if (this.#asker !== undefined) this.#asker.user(message, this.#out!)
    else this.#answerer!.user(message, this.#out!)
  }

  acknowledged(): void {
    this.#asker?.acknowledged(this.#out!)
    this.alive()
  }

  alive(): void {
    this.#out!.message({ _tag: "Pong" })
  }

  over(): void {
    this.#out!.message({ _tag: "Bye", reason: undefined })
  }
}
