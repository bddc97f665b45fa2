/**
 * A protocol: what two sides may say to each other, declared once.
 *
 * Law 1: every message a side takes has a tag of its own, and a tag is either a request or an event, never both.
 * Law 2: a protocol never changes; `merge`, `prefix` and `annotate` give another one.
 * Law 3: the fingerprint depends on nothing but what may be said: not on the process, names of schemas, or order.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import { dual } from "effect/Function"
import type { Pipeable } from "effect/Pipeable"
import { pipeArguments } from "effect/Pipeable"
import * as Schema from "effect/Schema"
import type * as Event from "./Event.ts"
import * as Fingerprint from "./Fingerprint.ts"
import type * as Request from "./Request.ts"
import { checkMembers, checkName, checkVersion } from "./Rules.ts"
import type { Checked } from "./Rules.ts"

const TypeId = "~effect-ipc/Protocol"

/** What one side may take from the other: a request or an event. */
export type Member = Request.Any | Event.Any

/** One end of a protocol. */
export type Side = "server" | "client"

/** The other end. */
export type Other<X extends Side> = X extends "server" ? "client" : "server"

/** Members by their tag. */
export type ByTag<M extends Member> = { readonly [K in M as K["tag"]]: K }

/**
 * A set of requests and events that two sides agree on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Protocol<Name extends string, Server extends Member, Client extends Member> extends Pipeable {
  readonly [TypeId]: typeof TypeId
  readonly name: Name
  /** `major.minor.patch`. */
  readonly version: string
  /** What a server takes, in the order declared. */
  readonly server: ReadonlyArray<Server>
  /** What a client takes, in the order declared. */
  readonly client: ReadonlyArray<Client>
  /** The same classes by tag: the way to a class that `prefix` made. */
  readonly members: { readonly server: ByTag<Server>; readonly client: ByTag<Client> }
  /** Facts about the protocol for middleware and tools, by typed key. */
  readonly annotations: Context.Context<never>
  /** 16 hex digits that are equal when both sides declare the same messages. Computed when first read. */
  readonly fingerprint: string
  /** The tagged union of what a server takes. Built when first read. */
  readonly schema: Schema.Codec<InstanceType<Server>, Encoded<Server>>
  /** Types only. */
  readonly "~server": Server
  readonly "~client": Client
}

type Encoded<M> = M extends { readonly Encoded: infer E } ? E : never

/** Any protocol. */
export type AnyProtocol = Protocol<string, Member, Member>

/** What side `X` of `P` takes. */
export type Answers<P extends AnyProtocol, X extends Side> = X extends "server" ? P["~server"] : P["~client"]

/** What side `X` of `P` may say. */
export type Says<P extends AnyProtocol, X extends Side> = Answers<P, Other<X>>

/** The tagged union of what a server of `P` takes. */
export type Requests<P extends AnyProtocol> = InstanceType<P["~server"]>

interface Parts {
  readonly name: string
  readonly version: string
  readonly server: ReadonlyArray<Member>
  readonly client: ReadonlyArray<Member>
  readonly annotations: Context.Context<never>
}

class Impl implements Parts {
  readonly [TypeId] = TypeId
  readonly name: string
  readonly version: string
  readonly server: ReadonlyArray<Member>
  readonly client: ReadonlyArray<Member>
  readonly members: { readonly server: ByTag<Member>; readonly client: ByTag<Member> }
  readonly annotations: Context.Context<never>
  #fingerprint: string | undefined
  #schema: Schema.Constraint | undefined

  constructor(parts: Parts) {
    checkName(parts.name)
    checkVersion(parts.name, parts.version)
    checkMembers(parts.name, parts)
    this.name = parts.name
    this.version = parts.version
    this.server = [...parts.server]
    this.client = [...parts.client]
    this.members = { server: byTag(parts.server), client: byTag(parts.client) }
    this.annotations = parts.annotations
  }

  get fingerprint(): string {
    return (this.#fingerprint ??= Fingerprint.of(this))
  }

  get schema(): Schema.Constraint {
    return (this.#schema ??= Schema.Union(this.server))
  }

  pipe() {
    return pipeArguments(this, arguments)
  }
}

/** Has no prototype: a tag such as `toString` is there only when someone declared it. */
const byTag = (members: ReadonlyArray<Member>): ByTag<Member> =>
  Object.assign(Object.create(null), Object.fromEntries(members.map((member) => [member.tag, member])))

// `any`: the phantom types are known to the signatures below and to nothing at run time.
const build = (parts: Parts): any => new Impl(parts)

/**
 * Declares a protocol.
 *
 * `server` lists what a server takes and `client` what a client takes; the same class may stand on both. Throws, saying
 * what to do, when the name is empty, the version is not `major.minor.patch`, a tag is reserved, a side has a tag twice,
 * or a tag is a request on one side and an event on the other.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import type * as Event from "effect-ipc/Event"
 * import * as Protocol from "effect-ipc/Protocol"
 * import * as Request from "effect-ipc/Request"
 *
 * class Divide extends Request.Class<Divide>()("Divide", {
 *   payload: { dividend: Schema.Number, divisor: Schema.Number },
 *   success: Schema.Number
 * }) {}
 * class Tick extends Event.Class<Tick>()("Tick", { n: Schema.Int }) {}
 *
 * export const Calculator = Protocol.make("calculator", { version: "1.0.0", server: [Divide], client: [Tick] })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <
  const Name extends string,
  const S extends ReadonlyArray<Member>,
  const C extends ReadonlyArray<Member> = []
>(
  name: Name,
  options: {
    readonly version: string
    readonly server: S & Checked<S, C>
    readonly client?: C & Checked<C, S>
  }
): Protocol<Name, S[number], C[number]> =>
  build({
    name,
    version: options.version,
    server: options.server,
    client: options.client ?? [],
    annotations: Context.empty()
  })

/** Whether `u` is a protocol. */
export const isProtocol = (u: unknown): u is AnyProtocol => typeof u === "object" && u !== null && TypeId in u

export { accepts } from "./Rules.ts"

/** What {@link merge} takes first to give the result a name or version of its own. */
export interface MergeOptions<Name extends string = string> {
  readonly name?: Name
  readonly version?: string
}

/**
 * Joins protocols into one that may say all of it.
 *
 * Name and version are those of the first protocol unless options come first; annotations are joined, the later ones
 * winning. A class that several protocols share stands in the result once. Throws like {@link make} when two classes
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

/** The class that {@link prefix} makes of `M`. */
export type Prefixed<Prefix extends string, M extends Member> = M extends Request.Any
  ? Renamed<`${Prefix}${M["tag"]}`, M> & Request.Statics<`${Prefix}${M["tag"]}`, M["spec"]>
  : M extends Event.Any
    ? Renamed<`${Prefix}${M["tag"]}`, M> & Event.Statics<`${Prefix}${M["tag"]}`, M["spec"]>
    : never

type Renamed<Tag extends string, M extends Member> = Schema.Class<
  Untagged<M> & { readonly _tag: Tag },
  Schema.TaggedStruct<Tag, M["spec"]["payload"]>,
  Untagged<M>
>

/** An instance with its methods, but without its tag. */
type Untagged<M extends Member> = Omit<InstanceType<M>, "_tag">

/**
 * Puts `text` before every tag of both sides.
 *
 * The messages become classes of their own with the longer tag; find them in `members`. Throws like {@link make} when a
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

/** A class of its own that keeps the fields, methods and spec of `member`. */
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
