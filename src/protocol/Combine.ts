/**
 * Protocols out of protocols.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import { dual } from "effect/Function"
import * as Schema from "effect/Schema"
import type * as Event from "./Event.ts"
import { build, isProtocol } from "./Model.ts"
import type { AnyProtocol, Member, Parts, Protocol } from "./Model.ts"
import type * as Request from "./Request.ts"

/**
 * What {@link merge} takes first to give the result a name or version of its own.
 *
 * @category models
 * @since 0.1.0
 */
export interface MergeOptions<Name extends string = string> {
  readonly name?: Name
  readonly version?: string
}

/**
 * Joins protocols into one that may say all of it.
 *
 * Name and version are those of the first protocol unless options come first; annotations are joined, the later ones
 * winning. A class that several protocols share stands in the result once. Throws like `make` when two classes
 * claim one tag; {@link prefix} one of the protocols then.
 *
 * @category combinators
 * @since 0.1.0
 */
export const merge: {
  <const P extends readonly [AnyProtocol, ...Array<AnyProtocol>]>(
    ...protocols: P
  ): Protocol<P[0]["name"], P[number]["~server"], P[number]["~client"]>
  <const P extends readonly [AnyProtocol, ...Array<AnyProtocol>], const Name extends string = P[0]["name"]>(
    options: MergeOptions<Name>,
    ...protocols: P
  ): Protocol<Name, P[number]["~server"], P[number]["~client"]>
} = (...args: ReadonlyArray<AnyProtocol | MergeOptions>) => {
  const protocols = args.filter(isProtocol)
  const options: MergeOptions = args.find((arg) => !isProtocol(arg)) ?? {}
  return build({
    name: options.name ?? protocols[0]!.name,
    version: options.version ?? protocols[0]!.version,
    server: [...new Set(protocols.flatMap((protocol) => protocol.server))],
    client: [...new Set(protocols.flatMap((protocol) => protocol.client))],
    annotations: Context.mergeAll(...protocols.map((protocol) => protocol.annotations))
  })
}

/**
 * The class that {@link prefix} makes of `M`.
 *
 * @category models
 * @since 0.1.0
 */
export type Prefixed<Prefix extends string, M extends Member> = M extends Request.Any
  ? Renamed<`${Prefix}${M["tag"]}`, M> & Request.Statics<`${Prefix}${M["tag"]}`, M["spec"]>
  : M extends Event.Any
    ? Renamed<`${Prefix}${M["tag"]}`, M> & Event.Statics<`${Prefix}${M["tag"]}`, M["spec"]>
    : never

type Renamed<Tag extends string, M extends Member> = Schema.Class<
  Bare<M> & { readonly _tag: Tag },
  Schema.TaggedStruct<Tag, M["spec"]["payload"]>,
  Bare<M>
>

/** An instance with its methods, but without its tag. */
type Bare<M extends Member> = Omit<InstanceType<M>, "_tag">

/**
 * Puts `text` before every tag of both sides.
 *
 * The messages become classes of their own with the longer tag; find them in `members`. Throws like `make` when a
 * longer tag is reserved.
 *
 * @category combinators
 * @since 0.1.0
 */
export const prefix: {
  <const Text extends string>(
    text: Text
  ): <Name extends string, S extends Member, C extends Member>(
    self: Protocol<Name, S, C>
  ) => Protocol<Name, Prefixed<Text, S>, Prefixed<Text, C>>
  <Name extends string, S extends Member, C extends Member, const Text extends string>(
    self: Protocol<Name, S, C>,
    text: Text
  ): Protocol<Name, Prefixed<Text, S>, Prefixed<Text, C>>
} = dual(2, (self: AnyProtocol, text: string) => {
  const renamed = new Map<Member, Member>()
  const rename = (member: Member): Member => {
    const known = renamed.get(member)
    if (known !== undefined) return known
    const result = withTag(member, text + member.tag)
    renamed.set(member, result)
    return result
  }
  return build({ ...partsOf(self), server: self.server.map(rename), client: self.client.map(rename) })
})

/** A class of its own with the fields, methods and spec of `member`, whose instances are instances of `member` too. */
const withTag = (member: Member, tag: string): Member => {
  // `any`: `extend` lives on Schema.Class, which says more than `Member` about its instances.
  const base = (member as any).extend(tag)({ _tag: Schema.tag(tag) })
  return Object.assign(base, { tag })
}

/**
 * Notes a fact about the protocol under a typed key, to be read from `annotations` with `Context.get`.
 *
 * @category combinators
 * @since 0.1.0
 */
export const annotate: {
  <I, A>(key: Context.Key<I, A>, value: A): <P extends AnyProtocol>(self: P) => P
  <P extends AnyProtocol, I, A>(self: P, key: Context.Key<I, A>, value: A): P
} = dual(3, (self: AnyProtocol, key: Context.Key<unknown, unknown>, value: unknown) =>
  build({ ...partsOf(self), annotations: Context.add(self.annotations, key, value) as Context.Context<never> })
)

const partsOf = ({ annotations, client, name, server, version }: AnyProtocol): Parts => ({
  annotations,
  client,
  name,
  server,
  version
})
