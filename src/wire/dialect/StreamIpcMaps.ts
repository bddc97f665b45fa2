/**
 * Which arrays of one payload are maps though their keys are those of a list: PHP does not tell an empty map from an empty
 * list. A schema does, by what it does not take.
 *
 * What is learned of one array is taken to be so of those alike: at the same place in other items of the lists around it.
 *
 * Law: no array is changed twice for its own sake, so there is an end of learning.
 *
 * @since 0.1.0
 */
import type { PhpArray } from "../payload/PhpValue.ts"

/** An issue of Effect's Schema, as far as it says where it is. */
interface Issue {
  readonly path?: ReadonlyArray<PropertyKey>
  readonly issue?: Issue
  readonly issues?: ReadonlyArray<Issue>
}

export class Maps {
  readonly #known = new Map<PhpArray, boolean>()
  readonly #alike = new Set<PhpArray>()

  /** Whether an array that looks like a list is a map. */
  has(array: PhpArray): boolean {
    return this.#known.get(array) ?? this.#alike.has(array)
  }

  /**
   * Learns from what a schema did not take of a value, which was made of these arrays. Answers whether there was anything to
   * learn.
   */
  learn(json: unknown, error: unknown, arrays: ReadonlyMap<unknown, PhpArray>): boolean {
    const path = pathOf(error)
    const array = arrays.get(path.reduce(at, json))
    if (array === undefined || this.#known.has(array)) return false
    const isMap = !this.has(array)
    this.#known.set(array, isMap)
    if (isMap) this.#noteAlike(json, path, arrays)
    return true
  }

  #noteAlike(json: unknown, path: ReadonlyArray<PropertyKey>, arrays: ReadonlyMap<unknown, PhpArray>): void {
    let values = [json]
    for (const key of path)
      values = values.flatMap((value): Array<unknown> => (Array.isArray(value) ? value : [at(value, key)]))
    for (const value of values) {
      const array = arrays.get(value)
      if (array !== undefined) this.#alike.add(array)
    }
  }
}

const pathOf = (error: unknown): ReadonlyArray<PropertyKey> => {
  const path: Array<PropertyKey> = []
  let issue = (error as { readonly issue?: Issue } | null)?.issue
  while (issue !== undefined) {
    path.push(...(issue.path ?? []))
    issue = issue.issue ?? issue.issues?.[0]
  }
  return path
}

const at = (value: unknown, key: PropertyKey): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined
