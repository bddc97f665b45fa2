/**
 * What changed between two versions of a protocol, and whom it breaks.
 *
 * Law 1: protocols with equal fingerprints have no changes, whatever else differs.
 * Law 2: a change is additive when a peer of the earlier version can go on saying and reading all it did; a doubt makes it
 * breaking. What only a peer of the later version chooses to say, such as a request that is new, breaks nobody.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Difference from "./Difference.ts"
import type { AnyProtocol, Member, Side } from "./Model.ts"
import type { Codec, Fields } from "./Request.ts"
import * as Rules from "./Rules.ts"

/**
 * One change, where it is, and which side of an earlier peer it breaks.
 *
 * @category models
 * @since 0.1.0
 */
export interface Change {
  /** What happened at `path`. */
  readonly kind: "added" | "removed" | "changed" | "widened" | "narrowed"
  /** Which side takes the message. */
  readonly side: Side
  readonly tag: string
  /** Where, as in `Divide.payload.divisor`; the tag alone when it is about the message. */
  readonly path: string
  /** Which peers of the earlier version break: those that say the message, those that take it. None when additive. */
  readonly breaks: ReadonlyArray<"says" | "takes">
  /** All of it in a sentence. */
  readonly message: string
}

/**
 * What changed between two versions of a protocol.
 *
 * @category models
 * @since 0.1.0
 */
export interface Comparison {
  readonly breaking: ReadonlyArray<Change>
  readonly additive: ReadonlyArray<Change>
  /** Which part of the earlier version to raise, at least, so that `accepts` lets only those meet who go together. */
  readonly advises: "major" | "minor" | "patch"
}

/**
 * Lists what changed from one version of a protocol to a later one, and whom it breaks.
 *
 * Compares messages by side and tag, and their schemas as they look on the wire, field by field; not checks such as
 * `Schema.isMinLength`, options, or names. Peers of different names never meet, whatever this says.
 *
 * @example
 * ```ts
 * import * as Schema from "effect/Schema"
 * import * as Protocol from "effect-ipc/Protocol"
 * import * as Request from "effect-ipc/Request"
 *
 * class Read extends Request.Class<Read>()("Read", { payload: { page: Schema.Int }, success: Schema.String }) {}
 * class ReadAs extends Request.Class<ReadAs>()("Read", {
 *   payload: { page: Schema.Int, language: Schema.String },
 *   success: Schema.String
 * }) {}
 *
 * const released = Protocol.make("diary", { version: "1.0.0", server: [Read] })
 * const next = Protocol.make("diary", { version: "1.1.0", server: [ReadAs] })
 *
 * const { advises, breaking } = Protocol.compare(released, next)
 * advises // "major"
 * breaking[0]?.message // "Read.payload.language: the required field was added; breaks an older peer that says Read"
 * ```
 *
 * @category comparisons
 * @since 0.1.0
 */
export const compare = (earlier: AnyProtocol, later: AnyProtocol): Comparison => {
  const changes =
    earlier.fingerprint === later.fingerprint
      ? []
      : (["server", "client"] as const).flatMap((side) => ofSide(side, earlier[side], later[side]))
  const breaking = changes.filter(({ breaks }) => breaks.length > 0)
  const additive = changes.filter(({ breaks }) => breaks.length === 0)
  return { breaking, additive, advises: advice(earlier.version, breaking.length > 0, additive.length > 0) }
}

const advice = (version: string, breaking: boolean, additive: boolean): Comparison["advises"] => {
  const [more, less] = Rules.isUnstable(version) ? (["minor", "patch"] as const) : (["major", "minor"] as const)
  if (breaking) return more
  return additive ? less : "patch"
}

const ofSide = (side: Side, earlier: ReadonlyArray<Member>, later: ReadonlyArray<Member>): ReadonlyArray<Change> => {
  const [was, is] = [byTag(earlier), byTag(later)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((tag) => {
    const place = { side, tag }
    const [before, after] = [was.get(tag), is.get(tag)]
    if (before === undefined) return [change(place, "added", tag, `the ${after!.kind} was added`, [])]
    if (after === undefined) return [change(place, "removed", tag, `the ${before.kind} was removed`, ["says"])]
    return before.kind === after.kind
      ? ofMessage(place, before, after)
      : [change(place, "changed", tag, `the ${before.kind} became a ${after.kind}`, ["says", "takes"])]
  })
}

const byTag = (members: ReadonlyArray<Member>): ReadonlyMap<string, Member> =>
  new Map(members.map((member) => [member.tag, member]))

interface Place {
  readonly side: Side
  readonly tag: string
}

const ofMessage = (place: Place, before: Member, after: Member): ReadonlyArray<Change> => {
  const { tag } = place
  const payload = Difference.betweenStructs(
    fieldsOf(before.spec.payload),
    fieldsOf(after.spec.payload),
    `${tag}.payload`
  ).map((difference) => asked(place, difference))
  if (before.kind === "event" || after.kind === "event") return payload
  const [was, is] = [before.spec, after.spec]
  return [
    ...payload,
    ...streamed(place, "input", was.input, is.input, asked),
    ...streamed(place, "stream", was.stream, is.stream, answered),
    ...differences(`${tag}.success`, was.success ?? Schema.Void, is.success ?? Schema.Void)
      // That the answer became a stream, or is none any more, was said.
      .filter(() => (was.stream === undefined) === (is.stream === undefined))
      .map((difference) => answered(place, difference)),
    ...(["error", "progress"] as const).flatMap((part) =>
      differences(`${tag}.${part}`, was[part] ?? Schema.Never, is[part] ?? Schema.Never).map((difference) =>
        answered(place, difference)
      )
    )
  ]
}

const fieldsOf = (fields: Fields): ReadonlyArray<Difference.Property> =>
  // A struct keeps its symbols to itself: no wire has a name for them.
  Object.keys(fields).map((name) => [name, fields[name]!.ast])

const differences = (path: string, was: Schema.Constraint, is: Schema.Constraint) =>
  Difference.between(was.ast, is.ast, path)

/** Who streams, or is streamed to, without knowing it would wait for ever: that one side streams is for both to know. */
const streamed = (
  place: Place,
  part: "input" | "stream",
  was: Codec | undefined,
  is: Codec | undefined,
  judge: typeof asked
): ReadonlyArray<Change> => {
  const path = `${place.tag}.${part}`
  if (was !== undefined && is !== undefined) {
    return differences(path, was, is).map((difference) => judge(place, difference))
  }
  if (was === is) return []
  const kind = was === undefined ? "added" : "removed"
  return [change(place, kind, path, `the ${part} was ${kind}`, ["says", "takes"])]
}

/** A difference in what who says the message writes, by choice where there is one. */
const asked = (place: Place, { detail, earlierReads, kind, laterReads, path }: Difference.Difference): Change =>
  change(place, kind, path, detail, [
    ...(laterReads ? [] : (["says"] as const)),
    ...(earlierReads === "none" ? (["takes"] as const) : [])
  ])

/** A difference in what who takes the message writes: who asked cannot choose what is answered. */
const answered = (place: Place, { detail, earlierReads, kind, laterReads, path }: Difference.Difference): Change =>
  change(place, kind, path, detail, [
    ...(earlierReads === "all" ? [] : (["says"] as const)),
    ...(laterReads ? [] : (["takes"] as const))
  ])

const change = (
  { side, tag }: Place,
  kind: Change["kind"],
  path: string,
  detail: string,
  breaks: Change["breaks"]
): Change => {
  const whom = breaks.length === 0 ? "" : `; breaks an older peer that ${breaks.join(" or ")} ${tag}`
  return { kind, side, tag, path, breaks, message: `${path}: ${detail}${whom}` }
}
