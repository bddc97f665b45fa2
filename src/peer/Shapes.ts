/**
 * Shapes: pure functions between the values of a schema and JSON, or bytes as they are.
 *
 * There are two ways. The general one is the schema itself, compiled where that is allowed. The short one goes between
 * values and the bytes of JSON directly, by code generated from the schema's plan; what it does not take, the general way
 * takes. Each is made when it is first gone, once per process, so a program pays for what it says. A third, to binary, is
 * there once a peer has asked for it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import type * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import type { Member } from "../protocol/Protocol.ts"
import type { Codec, Fields } from "../protocol/Request.ts"
import type { Plan } from "../wire/payload/JsonPlan.ts"
import * as JsonReader from "../wire/payload/JsonReader.ts"
import * as JsonWriter from "../wire/payload/JsonWriter.ts"
import { type BinaryShape, type JsonShape, type PlannedShape, type RawShape, type Shape, unread } from "../wire/Wire.ts"
import type * as BinaryShapes from "./BinaryShapes.ts"
import * as Plans from "./Plans.ts"

/** Makes the shape of a schema's values. */
export const of = (schema: Codec): Shape =>
  new SchemaShape({
    schema,
    filler: () => undefined,
    instance: (value) => value,
    field: undefined
  })

/**
 * Makes the shape of the fields of a request or event: the caller gives them plain, who answers gets an instance of the
 * class. One field alone travels as it would if it were the value.
 */
export const ofPayload = (member: Member): Shape => {
  const fields = member.spec.payload
  const [name, ...others] = Object.keys(fields)
  if (name === undefined) return withoutFields(member)
  const struct = Schema.Struct(fields)
  return new SchemaShape({
    // The class's own schema would ask for the tag, which the frame carries as a number, and is never compiled.
    schema: struct,
    filler: () => (isMade(struct.ast) ? (value) => making(struct, value) : undefined),
    instance: (value) => instanceOf(member, value),
    field: others.length > 0 ? undefined : { name, ast: fields[name]!.ast }
  })
}

type Convert = (value: unknown) => unknown

/** How a shape makes its parts. */
interface Recipe {
  readonly schema: Codec
  /** Answers what fills in what a caller may leave out, where that can be. */
  readonly filler: () => Convert | undefined
  /** What becomes of a value that was decoded. */
  readonly instance: Convert
  /** The field that is all there is to a value. */
  readonly field: { readonly name: string; readonly ast: AST.AST } | undefined
}

/** What a shape has besides the general way. */
type Short = Pick<Shape, "json" | "planned" | "raw">

class SchemaShape implements Shape {
  readonly #recipe: Recipe
  #encode: Convert | undefined
  #decode: Convert | undefined
  #short: Short | undefined
  /** `null` where there is none. */
  #binary: BinaryShape | null | undefined
  /** `null` where there are none. */
  #fields: Readonly<Record<string, Shape>> | null | undefined

  constructor(recipe: Recipe) {
    this.#recipe = recipe
  }

  readonly encode = (value: unknown): unknown => (this.#encode ??= this.#makeEncode())(value)

  readonly decode = (json: unknown): unknown => {
    const decode = (this.#decode ??= decoder(Schema.toCodecJson(this.#recipe.schema)))
    return this.#recipe.instance(decode(json))
  }

  get json(): JsonShape | undefined {
    return (this.#short ??= this.#makeShort()).json
  }

  get raw(): RawShape | undefined {
    return (this.#short ??= this.#makeShort()).raw
  }

  get planned(): PlannedShape | undefined {
    return (this.#short ??= this.#makeShort()).planned
  }

  get binary(): BinaryShape | undefined {
    if (this.#binary === undefined && binaries !== undefined) this.#binary = this.#makeBinary(binaries) ?? null
    return this.#binary ?? undefined
  }

  get fields(): Readonly<Record<string, Shape>> | undefined {
    if (this.#fields === undefined) this.#fields = fieldsOf(this.#recipe.schema)
    return this.#fields ?? undefined
  }

  #makeEncode(): Convert {
    const encode = encoder(Schema.toCodecJson(this.#recipe.schema))
    const fill = this.#recipe.filler()
    return fill === undefined ? encode : (value) => encode(fill(value))
  }

  #makeBinary(module: typeof BinaryShapes): BinaryShape | undefined {
    const { filler, instance, schema } = this.#recipe
    return module.of({ schema, fill: filler() ?? ((value) => value), instance })
  }

  #makeShort(): Short {
    const { field, instance, schema } = this.#recipe
    const { ast } = schema
    const plan = Plans.of(ast)
    const json = plan && jsonOf(plan, instance)
    const planned = plan && { plan, made: instance }
    if (field === undefined) return { json, planned, raw: rawOf(ast) }
    const raw = rawOf(field.ast)
    return { json, planned, raw: raw && inField(field.name, raw, instance) }
  }
}

/** The shapes of a struct's or a class's fields. */
const fieldsOf = (schema: Codec): Readonly<Record<string, Shape>> | null => {
  const { fields } = schema as { readonly fields?: Readonly<Record<string, Codec>> }
  return fields === undefined ? null : Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, of(one)]))
}

/** The payload of a request or event without fields. A struct without fields would let every value pass as it is. */
const withoutFields = (member: Member): Shape => ({
  encode: () => ({}),
  decode: (json) => {
    if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("Expected object")
    return instanceOf(member, {})
  },
  json: undefined,
  raw: undefined,
  binary: undefined,
  fields: {},
  planned: { plan: { is: "object", fields: [], passes: undefined }, made: () => instanceOf(member, {}) }
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

const decoder = (codec: Codec): Convert => converter(codec.ast, () => Schema.decodeUnknownSync(codec))

const encoder = (codec: Codec): Convert => converter(Schema.flip(codec).ast, () => Schema.encodeUnknownSync(codec))

/**
 * What compiles schemas. It is loaded when a value first goes the general way: 10 ms that a start does not need. Until
 * then, and where it cannot be loaded, schemas are interpreted.
 */
let compiler: typeof SchemaJITCompiler | undefined
let loading: Promise<void> | undefined
const loadCompiler = async (): Promise<void> => {
  try {
    compiler = await import("effect/schema/SchemaJITCompiler")
  } catch {
    // What is interpreted is as right, and slower.
  }
}

/** Makes a conversion, and makes it again once it can be compiled. */
const converter = (ast: AST.AST, make: () => Convert): Convert => {
  let convert: Convert | undefined
  let isCompiled = false
  return (value) => {
    if (convert === undefined || (compiler !== undefined && !isCompiled)) {
      loading ??= loadCompiler()
      compiler?.enable(ast)
      isCompiled = compiler !== undefined
      convert = make()
    }
    return convert(value)
  }
}

/** What makes binary forms. */
let binaries: typeof BinaryShapes | undefined

/** Loads what makes binary forms: 20 ms that only who asks for them pays. Shapes have theirs from then on. */
export const loadBinary = async (): Promise<void> => {
  binaries = await import("./BinaryShapes.ts")
}

const jsonOf = (plan: Plan, instance: Convert): JsonShape => {
  const list: Plan = { is: "array", elements: [plan], rest: plan, passes: undefined }
  const read = reader(plan)
  return {
    write: writer(plan),
    writeList: writer(list),
    read: (bytes, start, end) => {
      const value = read(bytes, start, end)
      return value === unread ? unread : instance(value)
    },
    readList: reader(list) as JsonShape["readList"]
  }
}

const writer = (plan: Plan): JsonWriter.Write => {
  let write: JsonWriter.Write | undefined
  return (value, bytes, start, end) => (write ??= JsonWriter.compile(plan) ?? neverWritten)(value, bytes, start, end)
}

const reader = (plan: Plan): JsonReader.Read => {
  let read: JsonReader.Read | undefined
  return (bytes, start, end) => (read ??= JsonReader.compile(plan) ?? neverRead)(bytes, start, end)
}

// Where code may not be generated, everything goes the general way.
const neverWritten = (): number => -1
const neverRead = (): typeof unread => unread

/** How a value of this schema travels as it is, where it may. */
const rawOf = (ast: AST.AST): RawShape | undefined => {
  if (ast === Schema.Uint8Array.ast) return bytes
  return isText(ast) ? text : undefined
}

/** Whether every string is a value of this schema, and nothing else is. */
const isText = ({ _tag, checks, context, encoding }: AST.AST): boolean =>
  _tag === "String" && checks === undefined && context === undefined && encoding === undefined

const bytes: RawShape = {
  is: "bytes",
  encode: (value) => {
    if (value instanceof Uint8Array) return value
    throw new Error("Expected a Uint8Array")
  },
  decode: (value) => value
}

const text: RawShape = {
  is: "text",
  encode: (value) => (typeof value === "string" && value.isWellFormed() ? value : undefined),
  decode: (value) => value
}

/** Functions and lists may have a property of that name, but are no fields. */
const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const inField = (name: string, raw: RawShape, instance: Convert): RawShape =>
  ({
    is: raw.is,
    encode: (value: unknown) => raw.encode(isFields(value) ? value[name] : undefined),
    decode: (value: never) => instance({ [name]: raw.decode(value) })
  }) as RawShape

/** What a request without `success` answers. */
export const nothing: Shape = {
  encode: () => undefined,
  decode: () => undefined,
  json: undefined,
  raw: undefined,
  binary: undefined
}

/** The shape of a part that a method does not have. */
export const absent = (tag: string, part: string): Shape => {
  const refuse = () => {
    throw new Error(`${tag} has no ${part}`)
  }
  return { encode: refuse, decode: refuse, json: undefined, raw: undefined, binary: undefined }
}
