/**
 * The rules a protocol must keep, by type where the compiler can see them and when it is made.
 *
 * @since 0.1.0
 */

/** Tags that a typed client could not offer as methods. */
export type Reserved = "emit" | "events" | "send" | "then" | "constructor" | "__proto__"

const reserved: ReadonlySet<string> = new Set<Reserved>(["emit", "events", "send", "then", "constructor", "__proto__"])

interface Tagged {
  readonly tag: string
  readonly kind: "request" | "event"
}

/** The tags that stand in a tuple more than once; none when the list is no tuple. */
type Twice<L extends ReadonlyArray<Tagged>, Seen = never, Found = never> = L extends readonly [
  infer First extends Tagged,
  ...infer Rest extends ReadonlyArray<Tagged>
]
  ? Twice<Rest, Seen | First["tag"], Found | Extract<First["tag"], Seen>>
  : Found

/** The tags of the members that are not of kind `K`. */
type OfOtherKind<L extends ReadonlyArray<Tagged>, K> = Exclude<L[number], { readonly kind: K }>["tag"]

/**
 * Marks each member of `L` that may not stand there with the reason as its type; `Across` is what the other side takes.
 *
 * A tag that is just `string` is left to {@link checkMembers}.
 */
export type Checked<L extends ReadonlyArray<Tagged>, Across extends ReadonlyArray<Tagged>> = {
  readonly [I in keyof L]: string extends L[I]["tag"]
    ? unknown
    : L[I]["tag"] extends Reserved
      ? `the tag "${L[I]["tag"]}" is reserved: rename it`
      : L[I]["tag"] extends Twice<L>
        ? `the tag "${L[I]["tag"]}" is there twice: rename one of them`
        : L[I]["tag"] extends OfOtherKind<Across, L[I]["kind"]>
          ? `the tag "${L[I]["tag"]}" is a request and an event: rename one of them`
          : unknown
}

/** Throws when the name is empty. */
export const checkName = (name: string): void => {
  if (typeof name !== "string" || name.trim() === "") {
    throw new Error("A protocol needs a name: both sides compare it when they meet")
  }
}

const semver = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

/** Throws when the version is not `major.minor.patch`. */
export const checkVersion = (name: string, version: string): void => {
  if (!semver.test(version)) {
    throw new Error(`Protocol "${name}" has version "${version}": write it as major.minor.patch, for example "1.0.0"`)
  }
}

/**
 * Whether a side of version `mine` accepts a peer of version `theirs`: same major version; below 1.0.0 same minor.
 *
 * A pre-release promises nothing, so it accepts and is accepted by its equal only. False when a version is malformed.
 *
 * @category predicates
 * @since 0.1.0
 */
export const accepts = (mine: string, theirs: string): boolean => {
  const [a, b] = [semver.exec(mine), semver.exec(theirs)]
  if (a === null || b === null) return false
  if (a[4] !== undefined || b[4] !== undefined) return [1, 2, 3, 4].every((part) => a[part] === b[part])
  return a[1] === b[1] && (a[1] !== "0" || a[2] === b[2])
}

/** Whether a version is below 1.0.0, where the minor version is the one that may break. */
export const isUnstable = (version: string): boolean => semver.exec(version)?.[1] === "0"

/** Throws when a tag is empty, reserved, there twice on a side, or both a request and an event. */
export const checkMembers = (
  name: string,
  sides: {
    readonly server: ReadonlyArray<Tagged>
    readonly client: ReadonlyArray<Tagged>
  }
): void => {
  const kinds = new Map<string, Tagged["kind"]>()
  for (const side of ["server", "client"] as const) {
    const seen = new Set<string>()
    for (const { kind, tag } of sides[side]) {
      const refuse = (why: string) => {
        throw new Error(`Protocol "${name}" cannot have the ${kind} "${tag}" among what its ${side} takes: ${why}`)
      }
      if (tag === "") refuse("a tag is a word, so give it one")
      if (reserved.has(tag)) refuse("the tag is reserved, so rename it")
      if (seen.has(tag)) refuse("the tag is there twice, so rename one of them")
      if ((kinds.get(tag) ?? kind) !== kind) refuse("the tag is a request and an event, so rename one of them")
      seen.add(tag)
      kinds.set(tag, kind)
    }
  }
}
