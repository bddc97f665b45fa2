/**
 * Which request or event a message is: by its literal, by the `_tag` in its JSON, or by its media type, in this order.
 *
 * @since 0.1.0
 */
import type { Refusal } from "../../session/Message.ts"
import type { MediaMessage } from "../framing/MediaFrame.ts"
import * as MediaType from "../framing/MediaType.ts"
import * as Json from "../payload/Json.ts"
import * as Content from "./InnmindContent.ts"
import type { Plan } from "./InnmindMapping.ts"
import * as Body from "./NativeBody.ts"

/** Where a message goes, and its payload or what is wrong with it. */
export type Routed =
  | { readonly index: number; readonly payload: unknown; readonly reason?: undefined }
  /** `index` is -1 where it is not known whose message it is. */
  | { readonly index: number; readonly reason: Refusal }

export class Router {
  readonly #plans: ReadonlyArray<Plan>
  readonly #byTag = new Map<string, number>()
  readonly #byType = new Map<string, number>()
  readonly #literals = new Map<string, number>()
  readonly #longestLiteral: number

  constructor(plans: ReadonlyArray<Plan>) {
    this.#plans = plans
    plans.forEach(({ byType, literal, method, payload }, index) => {
      this.#byTag.set(method.tag, index)
      if (literal !== undefined) this.#literals.set(literal.text, index)
      else if (byType) this.#byType.set(payload.mediaType, index)
    })
    this.#longestLiteral = Math.max(0, ...plans.map(({ literal }) => literal?.bytes.length ?? 0))
  }

  route(message: MediaMessage): Routed {
    return this.#byLiteral(message) ?? this.#byJson(message) ?? this.#ofType(message)
  }

  #byLiteral({ content, mediaType }: MediaMessage): Routed | undefined {
    if (this.#literals.size === 0 || content.length > this.#longestLiteral) return undefined
    const index = this.#literals.get(Content.textIn(content))
    if (index === undefined || !sameKind(this.#plans[index]!.payload.mediaType, mediaType)) return undefined
    return this.#read(index, (plan) => plan.method.payload.decode({}))
  }

  #byJson({ content, mediaType }: MediaMessage): Routed | undefined {
    if (!isJson(mediaType)) return undefined
    let json: unknown
    try {
      json = Json.parse(content, 0, content.length)
    } catch (error) {
      // Who is known by the media type says what is wrong with it.
      if (this.#indexOf(mediaType) !== undefined) return undefined
      return { index: -1, reason: { _tag: "Malformed", detail: `a message that is no JSON: ${Body.detailOf(error)}` } }
    }
    const tag = tagOf(json)
    const index = tag === undefined ? undefined : this.#byTag.get(tag)
    if (index !== undefined) return this.#read(index, (plan) => plan.method.payload.decode(json))
    if (this.#indexOf(mediaType) !== undefined) return undefined
    const detail =
      tag === undefined ? "a message of JSON without a _tag" : `a message with the unknown _tag ${clip(tag)}`
    return { index: -1, reason: { _tag: "Malformed", detail } }
  }

  #ofType({ content, mediaType }: MediaMessage): Routed {
    const index = this.#indexOf(mediaType)
    if (index !== undefined) return this.#read(index, (plan) => Content.read(plan.payload, content))
    const detail = `a message of the media type ${clip(mediaType)}, which no request or event has`
    return { index: -1, reason: { _tag: "Malformed", detail } }
  }

  /** Who has this media type; or has it without parameters, which say no more than how it is written. */
  #indexOf(mediaType: string): number | undefined {
    return this.#byType.get(mediaType) ?? this.#byType.get(MediaType.essence(mediaType))
  }

  #read(index: number, read: (plan: Plan) => unknown): Routed {
    try {
      return { index, payload: read(this.#plans[index]!) }
    } catch (error) {
      return { index, reason: Body.invalid("payload", error) }
    }
  }
}

const sameKind = (one: string, other: string): boolean => MediaType.essence(one) === MediaType.essence(other)

const isJson = (mediaType: string): boolean => {
  const type = MediaType.essence(mediaType)
  return type === "application/json" || type.endsWith("+json")
}

const tagOf = (json: unknown): string | undefined => {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined
  const { _tag } = json as { readonly _tag?: unknown }
  return typeof _tag === "string" ? _tag : undefined
}

const quotedChars = 100

const clip = (text: string): string =>
  JSON.stringify(text.length <= quotedChars ? text : `${text.slice(0, quotedChars)}…`)
