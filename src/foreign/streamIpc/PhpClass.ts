/**
 * Classes of PHP as classes of ours: an object of the one is read as an instance of the other, by a schema.
 *
 * The fields of the schema, as it encodes them, are the properties of the object. What the constructor of the PHP class
 * would fill in has to be there, as PHP does not run it.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { PhpClass, StreamIpcSession } from "effect-ipc/foreign"
 * import { ChildProcess } from "effect-ipc/node"
 *
 * class Point extends Schema.Class<Point>("Point")({ x: Schema.Int, y: Schema.Int }) {}
 * class Move extends Schema.Class<Move>("Move")({ to: PhpClass.schema("App\\Point", Point) }) {}
 *
 * export const program = Effect.gen(function* () {
 *   const session = yield* StreamIpcSession.make({ classes: [PhpClass.make("App\\Move", Move)] })
 *   yield* session.notify(new Move({ to: new Point({ x: 1, y: 2 }) }))
 * }).pipe(Effect.scoped, Effect.provide(ChildProcess.layer({ command: "php", args: ["child.php"] })))
 * ```
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaGetter from "effect/SchemaGetter"
import { PhpArray, PhpObject } from "../../wire/payload/PhpValue.ts"
import * as Php from "./Php.ts"

/**
 * A class of ours that stands for one of PHP.
 *
 * @category models
 * @since 0.1.0
 */
export interface PhpClass<out A> {
  /** The class of PHP, with its namespace and without a backslash before it. */
  readonly name: string
  /** Whether a value is an instance of the class of ours. */
  readonly has: (value: unknown) => boolean
  /** Makes the object of an instance. Throws where a field does not fit its schema. */
  readonly encode: (value: unknown) => PhpObject
  /** Makes an instance of an object. Throws where a property does not fit its schema. */
  readonly decode: (object: PhpObject) => A
}

/**
 * A class that is a schema, such as one of `Schema.Class`.
 *
 * @category models
 * @since 0.1.0
 */
export type SchemaClass<A> = Schema.ConstraintCodec<A, any, never, never> & (abstract new (...args: any) => A)

/**
 * Says which class of PHP a class of ours stands for. PHP does not tell small letters from capital ones in a class's name.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <A>(name: string, schemaClass: SchemaClass<A>): PhpClass<A> => {
  const objects = schema(name, schemaClass)
  const decode = Schema.decodeUnknownSync(objects)
  const encode = Schema.encodeUnknownSync(objects)
  return { name: bare(name), has: (value) => value instanceof schemaClass, decode, encode }
}

/**
 * Makes a schema between instances of a class and objects of PHP: for fields that hold one.
 *
 * @category schemas
 * @since 0.1.0
 */
export const schema = <A>(name: string, schemaClass: SchemaClass<A>): Schema.Codec<A, PhpObject> => {
  const phpClass = bare(name)
  const isOne = (value: unknown): value is PhpObject => value instanceof PhpObject && isSame(value.class, phpClass)
  return Schema.declare(isOne, { expected: `an object of ${phpClass}` }).pipe(
    Schema.decodeTo(schemaClass, {
      decode: SchemaGetter.transform((object: PhpObject) => fieldsOf(object, schemaClass.ast)),
      encode: SchemaGetter.transform((fields) => Php.object(phpClass, fields as Record<string, unknown>))
    })
  ) as unknown as Schema.Codec<A, PhpObject>
}

/**
 * Tells whether two names are those of one class.
 *
 * @internal
 */
export const isSame = (one: string, other: string): boolean => bare(one).toLowerCase() === bare(other).toLowerCase()

const bare = (name: string): string => (name.startsWith("\\") ? name.slice(1) : name)

/** The properties of an object as the fields that a schema decodes. */
const fieldsOf = (object: PhpObject, ast: SchemaAST.AST): Record<string, unknown> => {
  const records = new Set<PhpArray>()
  const fields = fieldTypes(ast)
  for (const { name, value } of object.properties) findRecords(value, fields.get(String(name)), records)
  return Object.fromEntries(
    object.properties.map(({ name, value }) => [String(name), Php.plainAs(value, (array) => records.has(array))])
  )
}

const fieldTypes = (ast: SchemaAST.AST): ReadonlyMap<PropertyKey, SchemaAST.AST> => {
  const objects = alternatives(ast).find((type) => type._tag === "Objects")
  return new Map(objects?.propertySignatures.map(({ name, type }) => [name, type]))
}

/**
 * Finds the arrays that a schema takes as records only: PHP does not tell an empty map from an empty list, nor one whose
 * keys are 0, 1, 2 from a list.
 */
const findRecords = (value: unknown, ast: SchemaAST.AST | undefined, records: Set<PhpArray>): void => {
  if (ast === undefined || !(value instanceof PhpArray) || records.has(value)) return
  const types = alternatives(ast)
  const objects = types.find((type) => type._tag === "Objects")
  const arrays = types.find((type) => type._tag === "Arrays")
  if (objects !== undefined && arrays === undefined) records.add(value)
  const named = new Map(objects?.propertySignatures.map(({ name, type }) => [name, type]))
  for (const [key, each] of value) {
    const ofArray = arrays?.elements[Number(key)] ?? arrays?.rest[0]
    findRecords(each, named.get(String(key)) ?? objects?.indexSignatures[0]?.type ?? ofArray, records)
  }
}

/** The types that a schema encodes to. */
const alternatives = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  const encoded = SchemaAST.toEncoded(ast._tag === "Suspend" ? ast.thunk() : ast)
  if (encoded._tag === "Suspend") return alternatives(encoded.thunk())
  return encoded._tag === "Union" ? encoded.types.flatMap(alternatives) : [encoded]
}
