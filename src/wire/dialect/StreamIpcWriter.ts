/**
 * Messages of a session to payloads of php-stream-ipc.
 *
 * Law: a message that cannot be said leaves nothing in the buffer. One that the wire has no word for is not said at all.
 *
 * @since 0.1.0
 */
import type { Message, Part, Refusal } from "../../session/Message.ts"
import { enveloped, type StreamIpcMessage } from "../framing/StreamIpcFormat.ts"
import type { StreamIpcPayloads } from "../framing/StreamIpcPayloads.ts"
import { PhpObject } from "../payload/PhpValue.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import * as Body from "./NativeBody.ts"
import { errorClass, logClass } from "./StreamIpcClasses.ts"
import * as Faults from "./StreamIpcFaults.ts"
import { idText, type StreamIpcIds } from "./StreamIpcIds.ts"
import type { Short, ShortWays } from "./StreamIpcShort.ts"
import type { Vocabulary } from "./StreamIpcMapping.ts"
import { inGeneration } from "./StreamIpcPlain.ts"
import type { Values } from "./StreamIpcValues.ts"

type Of<Tag extends Message["_tag"]> = Extract<Message, { readonly _tag: Tag }>

/** What writing needs. */
export interface WriterParts {
  readonly vocabulary: Vocabulary
  readonly values: Values
  readonly ids: StreamIpcIds
  readonly short: ShortWays
}

export class StreamIpcWriter {
  readonly #parts: WriterParts
  readonly #payloads: StreamIpcPayloads

  constructor(parts: WriterParts, payloads: StreamIpcPayloads) {
    this.#parts = parts
    this.#payloads = payloads
  }

  get #short(): Short {
    return this.#parts.short.of(this.#payloads)
  }

  write(message: Message, buffer: WriteBuffer): number | Refusal {
    switch (message._tag) {
      case "Request":
        return this.#request(message, buffer)
      case "Event":
        return this.#event(message, buffer)
      case "Success":
        return this.#success(message, buffer)
      case "Failure":
        return this.#failure(message, buffer)
      case "Defect":
        return this.#defect(message, buffer)
      case "Cancel":
        this.#parts.ids.forget(message.id)
        return 0
      default:
        return 0
    }
  }

  #request({ id, method, payload }: Of<"Request">, buffer: WriteBuffer): number | Refusal {
    const { ids, values, vocabulary } = this.#parts
    const word = vocabulary.says[method]!
    const placed = this.#short.said(method, id, payload, buffer)
    const written =
      placed >= 0
        ? placed
        : this.#said("payload", buffer, () => ({
            _tag: "Request",
            id: ids.textOf(id),
            message: values.payload(word, payload)
          }))
    if (typeof written === "number") ids.called(id, word)
    return written
  }

  #event({ method, payload }: Of<"Event">, buffer: WriteBuffer): number | Refusal {
    const { values, vocabulary } = this.#parts
    const word = vocabulary.says[method]!
    const placed = this.#short.said(method, 0, payload, buffer)
    if (placed >= 0) return placed
    return this.#said("payload", buffer, () => ({ _tag: "Notification", message: values.payload(word, payload) }))
  }

  #success({ id, method, value }: Of<"Success">, buffer: WriteBuffer): number | Refusal {
    const { ids, values, vocabulary } = this.#parts
    const word = vocabulary.answers[method]!
    const owed = ids.owed(id)
    const placed = owed === undefined ? -1 : this.#short.answered(method, owed, value, buffer)
    if (placed >= 0) ids.take(id)
    if (placed >= 0) return placed
    return this.#answered("success", id, buffer, () => values.answer(word, value))
  }

  #failure({ error, id, method }: Of<"Failure">, buffer: WriteBuffer): number | Refusal {
    const { error: shape } = this.#parts.vocabulary.answers[method]!
    return this.#answered("error", id, buffer, () => this.#error(Faults.ofFailure(error, shape.encode(error))))
  }

  #defect({ id, reason }: Of<"Defect">, buffer: WriteBuffer): number | Refusal {
    const phpClass = this.#parts.ids.owed(id)?.class ?? ""
    return this.#answered("error", id, buffer, () => this.#error(Faults.ofRefusal(reason, phpClass)))
  }

  /** The old generation has no class for errors. */
  #error(text: string): PhpObject {
    if (this.#payloads.generation === "old") return PhpObject.of(logClass, { message: text, level: "error" })
    return new PhpObject(errorClass, [
      { name: "errorMessage", visibility: "private", declaredIn: errorClass, value: text }
    ])
  }

  /** Writes the answer of a request of the peer; it is owed until it could be said. */
  #answered(part: Part, number: number, buffer: WriteBuffer, make: () => PhpObject): number | Refusal {
    const { ids } = this.#parts
    const owed = ids.owed(number)
    if (owed === undefined) return 0
    const written = this.#said(part, buffer, () => ({ _tag: "Response", id: idText(owed), message: make() }))
    if (typeof written === "number") ids.take(number)
    return written
  }

  #said(
    part: Part,
    buffer: WriteBuffer,
    make: () => Exclude<StreamIpcMessage, { readonly _tag: "Undecodable" }>
  ): number | Refusal {
    try {
      const made = make()
      const { generation } = this.#payloads
      const message = { ...made, message: inGeneration(made.message, generation) }
      return this.#payloads.put(this.#payloads.encode(enveloped(message, generation)), buffer)
    } catch (error) {
      return Body.invalid(part, error)
    }
  }
}
