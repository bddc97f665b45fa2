/**
 * Messages to those of hx/interop. What it has no word for is written as nothing.
 *
 * Law: a message that cannot be said leaves nothing in the buffer.
 *
 * @since 0.1.0
 */
import type { Headers, Message, Refusal } from "../../session/Message.ts"
import { Table } from "../../session/Table.ts"
import { HxFrames, type Id, opening } from "../framing/HxFrames.ts"
import type { HxLimits } from "../framing/HxReader.ts"
import { canonical, objection, Reserved, shown } from "../framing/HxMessage.ts"
import * as Utf8 from "../Utf8.ts"
import type { WriteBuffer } from "../WriteBuffer.ts"
import * as Errors from "./HxInteropErrors.ts"
import { type HxMethod, type HxPart, isReserved } from "./HxInteropMapping.ts"
import * as Values from "./HxInteropValues.ts"
import * as Body from "./NativeBody.ts"

type Of<Tag> = Extract<Message, { readonly _tag: Tag }>

/** A call that was asked: answers carry no more than its id. */
export interface Asked {
  id: number
  readonly method: number
}

/** A request that the peer asked, until it is answered. */
export interface Owed {
  id: number
  /** The peer's id, as it is written again. */
  readonly reply: Id
  /** The class, where it is unknown. */
  readonly className: string | undefined
  /** Whether it was an event: who gives one an id waits for an empty answer. */
  readonly isEvent: boolean
}

/** A method, with the constant headers of what is said of it. */
interface Spoken {
  readonly hx: HxMethod
  readonly request: string
  readonly requestOpening: Uint8Array
}

const jsonType = `${Reserved.contentType}: application/json\n`
const answerOpening = opening(jsonType)
const noPrefix = new Uint8Array(0)

export class HxInteropWriter {
  /** Calls that wait for their answers. */
  readonly asked = new Table<Asked>()
  /** Requests that wait for ours. */
  readonly owed = new Table<Owed>()
  readonly #says: ReadonlyArray<Spoken>
  readonly #answers: ReadonlyArray<HxMethod>
  readonly #frames: HxFrames
  readonly #prefix: Uint8Array
  readonly #limits: HxLimits

  constructor(
    says: ReadonlyArray<HxMethod>,
    answers: ReadonlyArray<HxMethod>,
    options: { readonly idPrefix: string; readonly inChunks: boolean; readonly limits: HxLimits }
  ) {
    this.#says = says.map((hx) => {
      const request = `${Reserved.class}: ${hx.class}\n`
      return { hx, request, requestOpening: opening(`${request}${jsonType}`) }
    })
    this.#answers = answers
    this.#frames = new HxFrames(options.inChunks)
    this.#limits = options.limits
    this.#prefix = new TextEncoder().encode(options.idPrefix)
  }

  write(message: Message, buffer: WriteBuffer): number | Refusal {
    switch (message._tag) {
      case "Request":
        return this.#request(message, buffer)
      case "Success":
        return this.#success(message, buffer)
      case "Failure":
        return this.#failure(message, buffer)
      case "Defect":
        return this.#defect(message, buffer)
      case "Event":
        return this.#event(message, buffer)
      case "Cancel":
        this.asked.take(message.id)
        return 0
      default:
        return 0
    }
  }

  #request(message: Of<"Request">, buffer: WriteBuffer): number | Refusal {
    const { headers, id, method, payload } = message
    const { hx, request, requestOpening } = this.#says[method]!
    try {
      const written =
        headers === undefined ? this.#place(requestOpening, this.#prefix, id - 1, hx.payload, payload, buffer) : -1
      const bytes =
        written >= 0
          ? written
          : this.#value(request, callHeaders(headers, hx), this.#prefix, id - 1, hx.payload, payload, buffer)
      this.asked.put({ id, method })
      return bytes
    } catch (error) {
      return Body.invalid("payload", error)
    }
  }

  #event({ method, payload }: Of<"Event">, buffer: WriteBuffer): number | Refusal {
    const { hx, request } = this.#says[method]!
    try {
      return this.#value(request, "", noPrefix, undefined, hx.payload, payload, buffer)
    } catch (error) {
      return Body.invalid("payload", error)
    }
  }

  #success({ id, method, value }: Of<"Success">, buffer: WriteBuffer): number | Refusal {
    const owed = this.owed.get(id)
    if (owed === undefined) return 0
    const part = this.#answers[method]!.success
    try {
      const written = this.#place(answerOpening, noPrefix, owed.reply, part, value, buffer)
      const bytes = written >= 0 ? written : this.#value("", "", noPrefix, owed.reply, part, value, buffer)
      this.owed.take(id)
      return bytes
    } catch (error) {
      return Body.invalid("success", error)
    }
  }

  #failure({ error, id, method }: Of<"Failure">, buffer: WriteBuffer): number | Refusal {
    const owed = this.owed.get(id)
    if (owed === undefined) return 0
    try {
      const json = this.#answers[method]!.method.error.encode(error)
      const headers = `${jsonType}${errorLine(Errors.failureText(error, json))}`
      const bytes = this.#frames.put(headers, JSON.stringify(json ?? null), noPrefix, owed.reply, buffer)
      this.owed.take(id)
      return bytes
    } catch (thrown) {
      return Body.invalid("error", thrown)
    }
  }

  #defect({ id, reason }: Of<"Defect">, buffer: WriteBuffer): number {
    const owed = this.owed.take(id)
    if (owed === undefined) return 0
    if (owed.isEvent) return this.#frames.put("", undefined, noPrefix, owed.reply, buffer)
    const headers = `${Reserved.contentType}: ${Errors.refusalType}\n${errorLine(Errors.refusalText(reason, owed.className))}`
    return this.#frames.put(headers, Errors.writeRefusal(reason), noPrefix, owed.reply, buffer)
  }

  /** Writes a value that is the body, as JSON, straight in place; -1 where that cannot be. */
  #place(opening: Uint8Array, prefix: Uint8Array, id: Id, part: HxPart, value: unknown, buffer: WriteBuffer): number {
    if (!part.plain) return -1
    return this.#frames.place(opening, prefix, id, part.shape.json?.write, value, buffer)
  }

  #value(
    before: string,
    after: string,
    prefix: Uint8Array,
    id: Id | undefined,
    part: HxPart,
    value: unknown,
    buffer: WriteBuffer
  ): number {
    const { body, headers } = Values.write(part, value)
    const fields = headers.map(([name, text]) => `${name}: ${text}\n`).join("")
    const type = body === undefined ? "" : `${Reserved.contentType}: ${part.type.name}\n`
    // An answer of nothing at all is what other servers say to an unknown class; one whose fields are all left out is not.
    const isSpread = part.headers.length > 0 || part.body !== undefined
    const isBare = part.kind === "success" && isSpread && body === undefined && fields === ""
    const text = `${before}${fields}${after}${type}`
    this.#checkHead(text, prefix.length + idBytes(id))
    return this.#frames.put(text, isBare ? "" : body, prefix, id, buffer)
  }

  /** Throws on headers that a peer with the limits of this side could not read: it would close the connection. */
  #checkHead(text: string, idBytes: number): void {
    const { maxHeaderBytes, maxHeaders } = this.#limits
    const most = maxHeaderBytes - idBytes - ownBytes
    if (text.length * mostUtf8 > most && Utf8.byteLength(text) > most) {
      throw new Error(`expected headers of at most ${most} bytes, got ${Utf8.byteLength(text)}`)
    }
    if (text.length < (maxHeaders - ownHeaders) * leastLine) return
    const count = text.split("\n").length - 1 + ownHeaders
    if (count > maxHeaders) throw new Error(`expected at most ${maxHeaders} headers, got ${count}`)
  }
}

/** The length of the body and the id come behind the headers of a value, with an empty line: so much without the id's text. */
const ownBytes = 48
const ownHeaders = 2
const mostUtf8 = 3
/** The bytes of `A: ` with its line end. */
const leastLine = 4
const mostDigits = 16

const idBytes = (id: Id | undefined): number => (id === undefined ? 0 : typeof id === "number" ? mostDigits : id.length)

const errorLine = (text: string): string => `${Reserved.error}: ${text}\n`

/** The headers of a call. Throws on one that cannot be said. */
const callHeaders = (headers: Headers | undefined, { taken }: HxMethod): string => {
  let lines = ""
  for (const [given, value] of Object.entries(headers ?? {})) {
    const name = canonical(given)
    const detail = objection(name, value)
    if (detail !== undefined) throw new Error(detail)
    if (isReserved(name)) throw new Error(`the header ${shown(given)} is hx/interop's own`)
    if (taken.has(name)) throw new Error(`the header ${shown(given)} is a field of the payload`)
    lines += `${name}: ${value}\n`
  }
  return lines
}
