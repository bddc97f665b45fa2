/**
 * Which class of PHP stands for which tag.
 *
 * The classes of the library itself have one namespace in each generation; they are known here by that of "v1".
 *
 * @since 0.1.0
 */
import type { Generation } from "../framing/StreamIpcFrames.ts"
import { PhpError } from "../payload/PhpValue.ts"

/** The classes of the library, by the tags that stand for them. */
export const logClass = String.raw`StreamIpc\Message\LogMessage`
export const errorClass = String.raw`StreamIpc\Message\ErrorMessage`
const builtIn: Readonly<Record<string, string>> = { LogMessage: logClass, ErrorMessage: errorClass }

const library = "StreamIpc\\"
const oldLibrary = /^PhpStreamIpc\\/i

/** Answers the name that a class has here: without a leading backslash, the library's own as in "v1". */
export const canonical = (phpClass: string): string =>
  (phpClass.startsWith("\\") ? phpClass.slice(1) : phpClass).replace(oldLibrary, library)

/** Answers the name that a class has on the wire. */
export const nameIn = (phpClass: string, generation: Generation): string =>
  generation === "old" && phpClass.startsWith(library) ? `Php${phpClass}` : phpClass

/** PHP does not tell small letters from capital ones in the names of classes. */
export const folded = (phpClass: string): string => canonical(phpClass).toLowerCase()

export class Classes {
  readonly #classes: Readonly<Record<string, string>>
  readonly #namespace: string
  readonly #tags = new Map<string, string>()

  constructor(namespace: string, classes: Readonly<Record<string, string>>) {
    this.#namespace = namespace === "" || namespace.endsWith("\\") ? canonical(namespace) : `${canonical(namespace)}\\`
    this.#classes = { ...builtIn, ...classes }
    for (const [tag, phpClass] of Object.entries(this.#classes)) this.#tags.set(folded(phpClass), tag)
  }

  /** Answers the class that stands for a tag. */
  ofTag(tag: string): string {
    return Object.hasOwn(this.#classes, tag) ? canonical(this.#classes[tag]!) : this.#namespace + tag
  }

  /**
   * As `ofTag`, for a tag within a value, which may come from anybody: it names no class outside the namespace, unless it is
   * one of those given. Throws where the tag is no name.
   */
  ofTagWithin(tag: string): string {
    const phpClass = this.ofTag(tag)
    if (Object.hasOwn(this.#classes, tag) || this.tagOf(phpClass) === tag) return phpClass
    throw new PhpError("Unsayable", `no class stands for the tag ${JSON.stringify(tag)}: give it one in \`classes\``)
  }

  /** Answers the tag that a class stands for, or undefined for one that is unknown. */
  tagOf(phpClass: string): string | undefined {
    const known = this.#tags.get(folded(phpClass))
    if (known !== undefined) return known
    const name = canonical(phpClass)
    const isInside = name.slice(0, this.#namespace.length).toLowerCase() === this.#namespace.toLowerCase()
    const tag = isInside ? name.slice(this.#namespace.length) : ""
    return tag === "" || tag.includes("\\") ? undefined : tag
  }
}
