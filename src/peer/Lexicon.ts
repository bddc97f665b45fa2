/**
 * Compiles a protocol for a codec: per tag its number, and pure functions between values and JSON.
 *
 * Schemas are compiled when a part is first encoded or decoded, once per protocol and process, so a program pays for
 * what it says. Where code generation is forbidden, Schema's interpreter does the same, slower.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import type { AnyProtocol, Member, Side } from "../protocol/Protocol.ts"
import type { Codec, Fields } from "../protocol/Request.ts"
import { firstWindow } from "../session/Flow.ts"
import type { Lexicon, Method, RawShape, Shape } from "../wire/Wire.ts"

const compiled = new WeakMap<AnyProtocol, { server?: Lexicon; client?: Lexicon }>()

/** Answers the lexicon of one side of a protocol. */
export const compile = (protocol: AnyProtocol, side: Side): Lexicon => {
  let lexicons = compiled.get(protocol)
  if (lexicons === undefined) compiled.set(protocol, (lexicons = {}))
  return (lexicons[side] ??= make(protocol, side))
}

/**
 * Answers how many items one message may hold. Bytes that travel as they are make a frame each, and the first window of
 * a stream may be overdrawn by one frame only.
 */
export const itemsPerMessage = ({ raw }: Shape): number => (raw === undefined ? firstWindow.items : 1)

const make = (protocol: AnyProtocol, side: Side): Lexicon => ({
  protocol: protocol.name,
  version: protocol.version,
  get fingerprint() {
    return protocol.fingerprint
  },
  says: (side === "server" ? protocol.client : protocol.server).map(methodOf),
  answers: (side === "server" ? protocol.server : protocol.client).map(methodOf)
})

const methods = new WeakMap<Member, Method>()

/** The same class has the same method on both sides, so both sides of a test share what was compiled. */
const methodOf = (member: Member): Method => {
  let method = methods.get(member)
  if (method === undefined) methods.set(member, (method = compileMember(member)))
  return method
}

const compileMember = (member: Member): Method => {
  const { tag, kind } = member
  const payload = payloadShape(member)
  if (member.kind === "event") {
    const none = absent(tag, "answer")
    return { tag, kind, payload, success: none, error: none, item: none, input: none, progress: none }
  }
  const { error, input, progress, stream, success } = member.spec
  return {
    tag,
    kind,
    payload,
    success: success === undefined ? nothing : valueShape(success),
    error: error === undefined ? absent(tag, "error") : valueShape(error),
    item: stream === undefined ? absent(tag, "stream") : valueShape(stream),
    input: input === undefined ? absent(tag, "input") : valueShape(input),
    progress: progress === undefined ? absent(tag, "progress") : valueShape(progress)
  }
}

const valueShape = (schema: Codec): Shape => {
  const codec = Schema.toCodecJson(schema)
  return lazyShape(
    () => encoder(codec),
    () => decoder(codec),
    isBytes(schema) ? bytes : undefined
  )
}

/** The fields of a request or event: the caller gives them plain, who answers gets an instance of the class. */
const payloadShape = (member: Member): Shape => {
  const fields = member.spec.payload
  if (Object.keys(fields).length === 0) return withoutFields(member)
  const struct = Schema.Struct(fields)
  return lazyShape(
    () => {
      const encode = encoder(Schema.toCodecJson(struct))
      return isMade(struct.ast) ? (value) => encode(making(struct, value)) : encode
    },
    () => {
      // The class's own schema would ask for the tag, which the frame carries as a number, and is never compiled.
      const decode = decoder(Schema.toCodecJson(struct))
      return (json) => instanceOf(member, decode(json))
    },
    onlyBytes(member)
  )
}

/** The payload of a request or event without fields. A struct without fields would let every value pass as it is. */
const withoutFields = (member: Member): Shape => ({
  encode: () => ({}),
  decode: (json) => {
    if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("Expected object")
    return instanceOf(member, {})
  },
  raw: undefined
})

/**
 * Makes an instance of fields that were validated. Effect's own way to do so is not in its types; where it is gone, the
 * constructor validates once more (a microsecond a call).
 */
const trusted = (Schema as { makeClassTrusted?: (member: Member, fields: unknown) => unknown }).makeClassTrusted

const instanceOf = (member: Member, fields: unknown): unknown => {
  if (trusted === undefined) return new member(fields)
  ;(fields as { _tag: string })._tag = member.tag
  return trusted(member, fields)
}

/** Fills in what the caller left out. What `make` throws keeps to itself what is wrong. */
const making = (struct: Schema.Struct<Fields>, value: unknown): unknown => {
  try {
    return struct.make(value as typeof struct.Type)
  } catch (error) {
    const issue = error instanceof Error ? error.cause : undefined
    throw SchemaIssue.isIssue(issue) ? new Schema.SchemaError(issue) : error
  }
}

/**
 * Whether a caller may give less than the value: a default left out, or the plain fields of a class, at any depth.
 */
const isMade = (ast: AST.AST, seen = new Set<AST.AST>()): boolean => {
  if (seen.has(ast)) return false
  seen.add(ast)
  if (ast.context?.constructorDefault !== undefined) return true
  switch (ast._tag) {
    case "Objects":
      return [...ast.propertySignatures, ...ast.indexSignatures].some(({ type }) => isMade(type, seen))
    case "Arrays":
      return [...ast.elements, ...ast.rest].some((element) => isMade(element, seen))
    case "Union":
      return ast.types.some((type) => isMade(type, seen))
    case "Suspend":
      return isMade(ast.thunk(), seen)
    case "Declaration":
      // A class has its fields as a parameter. What else has parameters is made too, at the cost of a second look.
      return ast.typeParameters.length > 0
    default:
      return false
  }
}

type Convert = (value: unknown) => unknown

const lazyShape = (makeEncode: () => Convert, makeDecode: () => Convert, raw: RawShape | undefined): Shape => {
  let encode: Convert | undefined
  let decode: Convert | undefined
  return {
    encode: (value) => (encode ??= makeEncode())(value),
    decode: (json) => (decode ??= makeDecode())(json),
    raw
  }
}

const decoder = (codec: Codec): Convert => {
  SchemaJITCompiler.enable(codec.ast)
  return Schema.decodeUnknownSync(codec)
}

const encoder = (codec: Codec): Convert => {
  SchemaJITCompiler.enable(Schema.flip(codec).ast)
  return Schema.encodeUnknownSync(codec)
}

/** What a request without `success` answers. */
const nothing: Shape = { encode: () => undefined, decode: () => undefined, raw: undefined }

const absent = (tag: string, part: string): Shape => {
  const refuse = () => {
    throw new Error(`${tag} has no ${part}`)
  }
  return { encode: refuse, decode: refuse, raw: undefined }
}

const isBytes = (schema: Schema.Constraint): boolean => schema.ast === Schema.Uint8Array.ast

const checkedBytes = (value: unknown): Uint8Array => {
  if (value instanceof Uint8Array) return value
  throw new Error("Expected a Uint8Array")
}

const bytes: RawShape = { encode: checkedBytes, decode: (value) => value }

/** A payload whose one field is a `Uint8Array` travels as these bytes. */
const onlyBytes = (member: Member): RawShape | undefined => {
  const [name, ...others] = Object.keys(member.spec.payload)
  if (name === undefined || others.length > 0 || !isBytes(member.spec.payload[name]!)) return undefined
  return {
    encode: (value) => checkedBytes((value as Record<string, unknown> | undefined)?.[name]),
    decode: (value) => new member({ [name]: value })
  }
}
