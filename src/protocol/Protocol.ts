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
import { build } from "./Model.ts"
import type { Member, Protocol } from "./Model.ts"
import type { Checked } from "./Rules.ts"

export { annotate, merge, prefix } from "./Combine.ts"
export type { MergeOptions, Prefixed } from "./Combine.ts"
export { compare } from "./Compare.ts"
export type { Change, Comparison } from "./Compare.ts"
export { isProtocol } from "./Model.ts"
export type { Answers, AnyProtocol, ByTag, Member, Other, Protocol, Requests, Says, Side } from "./Model.ts"
export { accepts } from "./Rules.ts"

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
 * import * as Event from "effect-ipc/Event"
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
