/**
 * An event: something one side says without waiting for an answer.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import type { Fields, Untagged } from "./Request.ts"

/**
 * What an event declares. Its shape is that of a request with a payload only.
 *
 * @category models
 * @since 0.1.0
 */
export interface Spec<out F extends Fields = Fields> {
  readonly payload: F
  /** Facts about the event for middleware, tools and wires, by typed key. */
  readonly annotations: Context.Context<never>
}

/**
 * The options of {@link Class} besides the fields.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly annotations?: Context.Context<never>
}

/**
 * Any event class.
 *
 * @category models
 * @since 0.1.0
 */
export interface Any extends Schema.Constraint {
  readonly tag: string
  readonly kind: "event"
  readonly spec: Spec
  // `any`: constructors take their own payload and give their own instance; only `InstanceType` reads this.
  new (...args: any): any
}

/**
 * What {@link Class} adds to the class of the payload.
 *
 * @category models
 * @since 0.1.0
 */
export interface Statics<Tag extends string, S extends Spec> {
  readonly tag: Tag
  readonly kind: "event"
  readonly spec: S
}

type MissingSelf = "Missing `Self` generic - use `class Self extends Event.Class<Self>()(tag, fields)`"

/**
 * Declares an event as a Schema tagged class.
 *
 * The identifier of the schema is the tag unless given. Throws when a field is named `_tag`.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as Event from "effect-ipc/Event"
 *
 * class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}
 *
 * new Tick({ n: 1 })._tag // "Tick"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const Class =
  <Self = never>(identifier?: string) =>
  <const Tag extends string, const F extends Fields = {}>(
    tag: Tag,
    fields?: F & Untagged,
    options: Options = {}
  ): [Self] extends [never]
    ? MissingSelf
    : Schema.Class<Self, Schema.TaggedStruct<Tag, F>, {}> & Statics<Tag, Spec<F>> => {
    const payload = fields ?? {}
    if (Object.hasOwn(payload, "_tag")) {
      throw new Error(`Event "${tag}" has a field named _tag, which holds its tag: rename the field`)
    }
    const base = Schema.TaggedClass<Self & {}>(identifier)(tag, payload)
    const spec: Spec = { payload, annotations: options.annotations ?? Context.empty() }
    // `any`: the return type is computed from parameters that are open here.
    return Object.assign(base as any, { tag, kind: "event", spec })
  }
