/**
 * A request: something one side asks and the other answers.
 *
 * A request is a Schema tagged class of its payload that also knows the schemas of what comes back. Schemas need no
 * services, so both ends can encode and decode without an environment.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * A schema that may travel: it needs no services in either direction.
 *
 * @category models
 * @since 0.1.0
 */
// `any`: what a schema decodes to and encodes to is left open here; each request states its own.
export type Codec = Schema.Codec<any, any, never, never>

/**
 * The fields of a payload.
 *
 * @category models
 * @since 0.1.0
 */
export type Fields = { readonly [name: PropertyKey]: Schema.ConstraintCodec<any, any, never, never> }

/**
 * Refuses a field named `_tag`, and says why as a type.
 *
 * @category models
 * @since 0.1.0
 */
export interface Untagged {
  readonly _tag?: "_tag holds the tag of the class: rename the field"
}

/**
 * What a request declares, as given to {@link Class}. Without parameters: what any request may declare.
 *
 * @category models
 * @since 0.1.0
 */
export interface Spec<
  out F extends Fields = Fields,
  out Success extends Codec | undefined = Codec | undefined,
  out Error extends Codec | undefined = Codec | undefined,
  out Stream extends Codec | undefined = Codec | undefined,
  out Input extends Codec | undefined = Codec | undefined,
  out Progress extends Codec | undefined = Codec | undefined
> {
  /** The fields of the payload; empty when none were given. */
  readonly payload: F
  /** The answer; `undefined` means void, or that `stream` is the answer. */
  readonly success: Success
  /** How the request may fail; `undefined` means never. */
  readonly error: Error
  /** One item of the answer, when the answer is a stream. */
  readonly stream: Stream
  /** One item of what the caller streams in. */
  readonly input: Input
  /** What the side that answers may report meanwhile. */
  readonly progress: Progress
  /** Whether the request may be sent again after a reconnect. */
  readonly idempotent: boolean
  /** The deadline of a call that names none; `undefined` means no deadline. */
  readonly timeout: Duration.Input | undefined
  /** Routes requests of equal keys to the same worker of a pool. Takes the payload with its defaults filled in. */
  // `any`: a function of one payload is not a function of every payload, and callers hold the payload of this request.
  readonly key: ((payload: any) => string) | undefined
  /** Facts about the request for middleware and tools, by typed key. */
  readonly annotations: Context.Context<never>
}

/**
 * Any request class.
 *
 * @category models
 * @since 0.1.0
 */
export interface Any extends Schema.Constraint {
  readonly tag: string
  readonly kind: "request"
  readonly spec: Spec
  // `any`: constructors take their own payload and give their own instance; only `InstanceType` reads this.
  new (...args: any): any
}

type TypeOf<S, Default> = S extends Schema.Constraint ? S["Type"] : Default

/**
 * What a request answers; void when it declares no `success`.
 *
 * @category models
 * @since 0.1.0
 */
export type Success<R extends Any> = TypeOf<R["spec"]["success"], void>
/**
 * The application errors of a request; never when it declares none.
 *
 * @category models
 * @since 0.1.0
 */
export type Fault<R extends Any> = TypeOf<R["spec"]["error"], never>
/**
 * One item of the answer; never when the answer is not a stream.
 *
 * @category models
 * @since 0.1.0
 */
export type Item<R extends Any> = TypeOf<R["spec"]["stream"], never>
/**
 * One item of what the caller streams in; never when it streams nothing.
 *
 * @category models
 * @since 0.1.0
 */
export type Input<R extends Any> = TypeOf<R["spec"]["input"], never>
/**
 * What the answering side reports meanwhile; never when it reports nothing.
 *
 * @category models
 * @since 0.1.0
 */
export type Progress<R extends Any> = TypeOf<R["spec"]["progress"], never>

/** What requests and events share: a tag and payload fields. */
interface Member {
  readonly spec: { readonly payload: Fields }
}

/**
 * The payload that a caller passes: no `_tag`, and fields with a constructor default may be left out.
 *
 * @category models
 * @since 0.1.0
 */
export type MakeIn<M extends Member> = Schema.Struct.MakeIn<M["spec"]["payload"]>

/**
 * The arguments that carry a payload: none needed when every field may be left out.
 *
 * Spread it before further arguments: `(...args: [...PayloadArgs<R>, options?: Options])`.
 *
 * @category models
 * @since 0.1.0
 */
export type PayloadArgs<M extends Member> = {} extends MakeIn<M> ? [payload?: MakeIn<M>] : [payload: MakeIn<M>]

/**
 * The options of {@link Class} that every request may have.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options<F extends Fields, Error, Input, Progress> {
  readonly payload?: F & Untagged
  readonly error?: Error
  readonly input?: Input
  readonly progress?: Progress
  readonly idempotent?: boolean
  readonly timeout?: Duration.Input
  /** Routes requests of equal keys to the same worker of a pool. */
  readonly key?: (payload: Schema.Struct.Type<NoInfer<F>>) => string
  readonly annotations?: Context.Context<never>
}

/**
 * The answer of a request: one value, or a stream of items. Refuses both, and says why as a type.
 *
 * @category models
 * @since 0.1.0
 */
export type Answer<Success, Stream> =
  | { readonly success?: Success; readonly stream?: Refused<"the answer is one value: leave out stream or success"> }
  | { readonly stream: Stream; readonly success?: Refused<"the answer is a stream: leave out success"> }

/** No value has this type, so an error names it. */
interface Refused<out Why extends string> {
  readonly "~why": Why
  readonly "~never": never
}

/**
 * What {@link Class} adds to the class of the payload.
 *
 * @category models
 * @since 0.1.0
 */
export interface Statics<Tag extends string, S extends Spec> {
  readonly tag: Tag
  readonly kind: "request"
  readonly spec: S
}

type MissingSelf = "Missing `Self` generic - use `class Self extends Request.Class<Self>()(tag, spec)`"

/**
 * Declares a request as a Schema tagged class.
 *
 * `success` is void and `error` is never when left out. `stream` makes the answer a stream and excludes `success`;
 * `input` lets the caller stream in; `progress` lets the other side report meanwhile. The identifier of the schema is
 * the tag unless given. Throws when a payload field is named `_tag`, or when both `success` and `stream` are given.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as Request from "effect-ipc/Request"
 *
 * class Divide extends Request.Class<Divide>()("Divide", {
 *   payload: { dividend: Schema.Number, divisor: Schema.Number },
 *   success: Schema.Number
 * }) {}
 *
 * new Divide({ dividend: 1, divisor: 2 })._tag // "Divide"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const Class =
  <Self = never>(identifier?: string) =>
  <
    const Tag extends string,
    const F extends Fields = {},
    Success extends Codec | undefined = undefined,
    Error extends Codec | undefined = undefined,
    Stream extends Codec | undefined = undefined,
    Input extends Codec | undefined = undefined,
    Progress extends Codec | undefined = undefined
  >(
    tag: Tag,
    options: Options<F, Error, Input, Progress> & Answer<Success, Stream> = {}
  ): [Self] extends [never]
    ? MissingSelf
    : Schema.Class<Self, Schema.TaggedStruct<Tag, F>, {}> &
        Statics<Tag, Spec<F, Success, Error, Stream, Input, Progress>> => {
    if (options.success !== undefined && options.stream !== undefined) {
      throw new Error(`Request "${tag}" has both success and stream: the stream is the answer, so leave out success`)
    }
    const payload = options.payload ?? {}
    if (Object.hasOwn(payload, "_tag")) {
      throw new Error(`Request "${tag}" has a payload field named _tag, which holds its tag: rename the field`)
    }
    const base = Schema.TaggedClass<Self & {}>(identifier)(tag, payload)
    const spec: Spec = {
      payload,
      success: options.success as Codec | undefined,
      error: options.error,
      stream: options.stream as Codec | undefined,
      input: options.input,
      progress: options.progress,
      idempotent: options.idempotent ?? false,
      timeout: options.timeout,
      key: options.key,
      annotations: options.annotations ?? Context.empty()
    }
    // `any`: the return type is computed from parameters that are open here.
    return Object.assign(base as any, { tag, kind: "request", spec })
  }
