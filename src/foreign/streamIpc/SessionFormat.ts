/**
 * The format of sessions of php-stream-ipc: as `StreamIpcFormat`, but what is no message becomes one, as in PHP.
 *
 * Rule 1: bytes between frames are a notification of level `junk`, in the order they came. Text on a second stream is told
 * to the link too, which keeps the end of it. Rule 2: a payload that cannot be read is a notification that says so, in the
 * words of the serializer that could not read it.
 *
 * @since 0.1.0
 */
import { nameIn } from "../../wire/dialect/StreamIpcClasses.ts"
import type { Format, Framer, FramerOut, Refusal } from "../../wire/Format.ts"
import {
  abandonAfterMillis,
  detailOf,
  enveloped,
  opened,
  type StreamIpcMessage
} from "../../wire/framing/StreamIpcFormat.ts"
import { type PayloadsSink, type Speech, StreamIpcPayloads } from "../../wire/framing/StreamIpcPayloads.ts"
import { PhpObject } from "../../wire/payload/PhpValue.ts"
import type { WriteBuffer } from "../../wire/WriteBuffer.ts"
import * as Message from "./StreamIpcMessage.ts"

export const format = (speech: Speech): Format<StreamIpcMessage> => ({
  name: "php-stream-ipc",
  abandonAfterMillis,
  open: ({ maxFrameBytes }) => new SessionFramer(speech, maxFrameBytes)
})

type Sayable = Exclude<StreamIpcMessage, { _tag: "Undecodable" }>

class SessionFramer implements Framer<StreamIpcMessage>, PayloadsSink {
  readonly #payloads: StreamIpcPayloads
  readonly #maxBytes: number
  #out: FramerOut<StreamIpcMessage> | undefined

  constructor(speech: Speech, maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#payloads = new StreamIpcPayloads(this, speech, maxBytes)
  }

  read(chunk: Uint8Array, out: FramerOut<StreamIpcMessage>, stream = 0): void {
    this.#out = out
    this.#payloads.read(chunk, stream)
  }

  end(out: FramerOut<StreamIpcMessage>): void {
    this.#out = out
    this.#payloads.end()
  }

  isUnfinished(stream: number): boolean {
    return this.#payloads.unfinished(stream)
  }

  abandon(out: FramerOut<StreamIpcMessage>, stream: number): void {
    this.#out = out
    this.#payloads.abandon(stream)
  }

  write(message: StreamIpcMessage, buffer: WriteBuffer): number | Refusal {
    if (message._tag === "Undecodable") return { _tag: "Unsayable", detail: "what could not be read cannot be said" }
    const payloads = this.#payloads
    const said: Sayable = { ...message, message: this.#inGeneration(message.message) }
    try {
      return payloads.put(payloads.encode(enveloped(said, payloads.generation)), buffer)
    } catch (error) {
      return { _tag: "Unsayable", detail: detailOf(error) }
    }
  }

  payload(bytes: Uint8Array, start: number, end: number, stream: number): void {
    try {
      return this.#out!.message(opened(this.#payloads.decode(bytes, start, end)))
    } catch (error) {
      const payload = bytes.subarray(start, end)
      this.#tell(this.#undecodable(payload, detailOf(error)))
      // A line of stderr that is no message is a line of its text.
      if (stream === 1 && this.#payloads.generation === "old") this.#stray(payload, stream)
    }
  }

  oversized(bytes: number): void {
    this.#out!.refuse({ _tag: "Oversized", bytes, maxBytes: this.#maxBytes })
  }

  junk(bytes: Uint8Array, stream: number): void {
    this.#tell(Message.log(textOrBytes(bytes), Message.junkLevel))
    if (stream === 1) this.#out!.junk(bytes, stream)
  }

  #tell(message: PhpObject): void {
    this.#out!.message({ _tag: "Notification", message })
  }

  #stray(line: Uint8Array, stream: number): void {
    const text = new Uint8Array(line.length + 1)
    text.set(line)
    text[line.length] = newline
    this.#out!.junk(text, stream)
  }

  #undecodable(payload: Uint8Array, why: string): PhpObject {
    const { generation, isJson } = this.#payloads
    if (generation === "old" || !isJson) return Message.log(textOrBytes(payload), "error")
    return Message.error(`Failed to unserialize data: ${decoder.decode(payload)}\n${why}`)
  }

  /** The generation "old" has no errors: there they are lines of a log. */
  #inGeneration(message: PhpObject): PhpObject {
    const { generation } = this.#payloads
    if (generation === "v1") return message
    const known = Message.isError(message) ? Message.log(Message.textOf(message)!, "error") : message
    return new PhpObject(nameIn(known.class, generation), known.properties)
  }
}

const newline = 0x0a
const decoder = new TextDecoder()

/** A string of PHP: text where it is UTF-8, a copy of its bytes where not. */
const textOrBytes = (bytes: Uint8Array): string | Uint8Array => {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return bytes.slice()
  }
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
