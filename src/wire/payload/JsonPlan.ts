/**
 * What JSON values of one schema look like, as far as code can be generated for them.
 *
 * `JsonWriter` and `JsonReader` make functions of a plan; where there is none, values go the general way.
 *
 * @since 0.1.0
 */

/** Whether a value passes what a schema checks besides its type. It never throws. */
export type Passes = (value: unknown) => boolean

/** A value that JSON says with one word. */
export type Word = string | number | boolean | null

export type Plan =
  | { readonly is: "string"; readonly passes: Passes | undefined }
  /** A finite number; `integer` means a safe one. */
  | { readonly is: "number"; readonly integer: boolean; readonly passes: Passes | undefined }
  | { readonly is: "boolean" }
  /** One of some words, all of one kind. */
  | { readonly is: "word"; readonly words: ReadonlyArray<Word> }
  /** `undefined`, which JSON says as `null`. */
  | { readonly is: "nothing" }
  | ArrayPlan
  | ObjectPlan
  /** Objects that differ in the word of one field. */
  | { readonly is: "tagged"; readonly tag: string; readonly cases: ReadonlyArray<Case> }
  /** Members of different kinds. */
  | { readonly is: "either"; readonly members: ReadonlyArray<Plan> }

export interface ArrayPlan {
  readonly is: "array"
  readonly elements: ReadonlyArray<Plan>
  /** What may follow the elements, any number of times. */
  readonly rest: Plan | undefined
  readonly passes: Passes | undefined
}

export interface ObjectPlan {
  readonly is: "object"
  readonly fields: ReadonlyArray<Field>
  readonly passes: Passes | undefined
}

export interface Field {
  readonly name: string
  readonly plan: Plan
  readonly optional: boolean
}

export interface Case {
  readonly word: Word
  readonly plan: ObjectPlan
}

/** Each kind of JSON value begins with characters of its own. */
export type Kind = "string" | "number" | "boolean" | "null" | "array" | "object"

/** The kind of JSON value that a plan gives; undefined where there are several. */
export const kindOf = (plan: Plan): Kind | undefined => {
  switch (plan.is) {
    case "word": {
      const word = plan.words[0]!
      return word === null ? "null" : (typeof word as "string" | "number" | "boolean")
    }
    case "nothing":
      return "null"
    case "tagged":
      return "object"
    case "either":
      return undefined
    default:
      return plan.is
  }
}
