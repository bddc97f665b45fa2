/**
 * What a protocol is made of, and the one place that makes it.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import type { Pipeable } from "effect/Pipeable"
import { pipeArguments } from "effect/Pipeable"
import * as Schema from "effect/Schema"
import type * as Event from "./Event.ts"
import * as Fingerprint from "./Fingerprint.ts"
import type * as Request from "./Request.ts"
import { checkMembers, checkName, checkVersion } from "./Rules.ts"

const TypeId = "~effect-ipc/Protocol"

/**
 * What one side may take from the other: a request or an event.
 *
 * @category models
 * @since 0.1.0
 */
export type Member = Request.Any | Event.Any

/**
 * One end of a protocol.
 *
 * @category models
 * @since 0.1.0
 */
export type Side = "server" | "client"

/**
 * The other end.
 *
 * @category models
 * @since 0.1.0
 */
export type Other<X extends Side> = X extends "server" ? "client" : "server"

/**
 * Members by their tag.
 *
 * @category models
 * @since 0.1.0
 */
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

/**
 * Any protocol, whatever it may say.
 *
 * @category models
 * @since 0.1.0
 */
export type AnyProtocol = Protocol<string, Member, Member>

/**
 * What side `X` of `P` takes.
 *
 * @category models
 * @since 0.1.0
 */
export type Answers<P extends AnyProtocol, X extends Side> = X extends "server" ? P["~server"] : P["~client"]

/**
 * What side `X` of `P` may say.
 *
 * @category models
 * @since 0.1.0
 */
export type Says<P extends AnyProtocol, X extends Side> = Answers<P, Other<X>>

/**
 * The tagged union of what a server of `P` takes.
 *
 * @category models
 * @since 0.1.0
 */
export type Requests<P extends AnyProtocol> = InstanceType<P["~server"]>

/**
 * Whether `u` is a protocol.
 *
 * @category guards
 * @since 0.1.0
 */
export const isProtocol = (u: unknown): u is AnyProtocol => typeof u === "object" && u !== null && TypeId in u

/** What a protocol is built from. */
export interface Parts {
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

/** Builds a protocol that keeps the rules, or throws. */
// `any`: the phantom types are known to the signatures of the callers and to nothing at run time.
export const build = (parts: Parts): any => new Impl(parts)
