/**
 * Our own wire: everything a session can say, payloads in JSON or binary, bytes as they are. `docs/wire/native.md` specifies it.
 *
 * Numbers of methods are those of the side that says them, in every frame, so both directions of a call name the same
 * one; each side learns the other's from its Hello.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type { Message, Refusal } from "../../session/Message.ts"
import { type Checksum, type Sum, sumBy } from "../framing/Crc32.ts"
import type * as Frame from "../framing/MarkedFrame.ts"
import type { Can, Codec, CodecOptions, Lexicon, Out, Prover, Wire } from "../Wire.ts"
import { NativeReader } from "./NativeReader.ts"
import { NativeSecond } from "./NativeSecond.ts"
import { NativeWriter } from "./NativeWriter.ts"

export type { Checksum } from "../framing/Crc32.ts"

const can: Can = {
  correlate: "id",
  cancel: true,
  stream: true,
  input: true,
  progress: true,
  events: { toServer: true, toClient: true },
  fault: true,
  deadline: true,
  heartbeat: true,
  ask: true,
  goodbye: false
}

/** How long an unfinished frame may stand still where stray bytes can look like the beginning of one. */
const abandonAfterMillis = 10_000

/**
 * Who adds checksums must be able to compute them.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = (
  | { readonly checksum?: Checksum | undefined; readonly crc?: false | undefined }
  | { readonly checksum: Checksum; readonly crc: boolean }
) & {
  readonly strays?: boolean | undefined
  readonly heartbeat?: Duration.Input | undefined
  readonly proof?: Prover | undefined
}

/**
 * Makes the native wire.
 *
 * `checksum`, a CRC-32 like Node's `zlib.crc32`, checks the frames that carry one. With `crc` (default: false) this
 * side adds one to each frame it sends: for links where a stray write can land in the middle of a frame, such as stdout.
 * With `strays` (default: as `crc`) it gives up a frame that gets no byte for 10 seconds, for what it took for one may
 * be stray bytes. With `proof` a secret is proved by both sides instead of sent: for links that leave the kernel, as TCP.
 * `heartbeat` is that of a peer whose user has set none (default: no heartbeat); a transport gives it where the system
 * would not tell that the other machine is gone.
 *
 * @category constructors
 * @since 0.1.0
 */
export const wire = (options: Options = {}): Wire => ({
  name: "native",
  can,
  abandonAfterMillis: (options.strays ?? options.crc) === true ? abandonAfterMillis : 0,
  proof: options.proof,
  heartbeatMillis: options.heartbeat === undefined ? undefined : Duration.toMillis(options.heartbeat),
  open: (lexicon, codecOptions) => new NativeCodec(lexicon, codecOptions, options)
})

class NativeCodec implements Codec {
  readonly #writer: NativeWriter
  readonly #reader: NativeReader
  readonly #maxFrameBytes: number
  readonly #sum: Sum | undefined
  /** The second stream, once something has come on it. */
  #second: NativeSecond | undefined

  constructor(lexicon: Lexicon, { binary, maxFrameBytes }: CodecOptions, { checksum, crc }: Options) {
    const sum = checksum && sumBy(checksum)
    this.#maxFrameBytes = maxFrameBytes
    this.#sum = sum
    const writer = new NativeWriter(lexicon, crc === true ? sum : undefined, binary === true)
    this.#writer = writer
    this.#reader = new NativeReader(lexicon, maxFrameBytes, sum, (hello) => writer.greeted(hello))
  }

  read(chunk: Uint8Array, out: Out, stream?: number): void {
    this.#reader.out = out
    if (stream === 1) this.#secondFrames().read(chunk)
    else this.#reader.frames.read(chunk)
  }

  write(message: Message, out: Out): number | Refusal {
    return this.#writer.write(message, out.buffer)
  }

  get unfinished(): boolean {
    return this.#reader.frames.unfinished
  }

  get unfinishedSecond(): boolean {
    return this.#second?.frames.unfinished === true
  }

  abandon(out: Out, stream?: number): void {
    this.#reader.out = out
    if (stream === 1) this.#secondFrames().abandon()
    else this.#reader.frames.abandon()
  }

  end(out: Out): void {
    this.#reader.out = out
    this.#reader.frames.end()
    this.#second?.frames.end()
  }

  #secondFrames(): Frame.Reader {
    return (this.#second ??= new NativeSecond(this.#reader, this.#maxFrameBytes, this.#sum)).frames
  }
}
