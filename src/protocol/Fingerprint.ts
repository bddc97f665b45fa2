/**
 * The fingerprint of a protocol: a short text that is equal when both sides declare the same messages.
 *
 * Law 1: it depends on tags, kinds, sides, the parts of each request and their shapes as JSON, and on nothing else: not
 * on descriptions, checks, names of schemas, the order of properties or of messages, the process or the run.
 * Law 2: a doubt makes it differ. Schemas that look alike as JSON and differ in binary (text and bytes, numbers and
 * integers) have different fingerprints, for peers with equal fingerprints may choose any payload format.
 *
 * @since 0.1.0
 */
import * as Shape from "./Shape.ts"
import type { Codec, Fields } from "./Request.ts"

interface Sides {
  readonly server: ReadonlyArray<Message>
  readonly client: ReadonlyArray<Message>
}

interface Message {
  readonly tag: string
  readonly kind: "request" | "event"
  readonly spec: { readonly payload: Fields } & { readonly [part in (typeof parts)[number]]?: Codec | undefined }
}

const parts = ["success", "error", "stream", "input", "progress"] as const

/** What a part means when it is left out, so that saying it makes no difference. */
const implied: { readonly [part: string]: string } = { success: "Void", error: "Never" }

/**
 * Computes the fingerprint of what both sides take: 16 hex digits.
 *
 * @category constructors
 * @since 0.1.0
 */
export const of = (protocol: Sides): string => {
  const lines = [
    ...protocol.server.map((message) => `server ${line(message)}`),
    ...protocol.client.map((message) => `client ${line(message)}`)
  ]
  return Shape.hash(lines.sort().join("\n"))
}

const line = ({ kind, spec, tag }: Message): string => {
  let text = `${kind} ${JSON.stringify(tag)} ${Shape.ofFields(spec.payload)}`
  for (const part of parts) {
    const schema = spec[part]
    if (schema === undefined) continue
    const shape = Shape.of(schema)
    if (shape !== implied[part]) text += ` ${part} ${shape}`
  }
  return text
}
