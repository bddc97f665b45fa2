/**
 * One class of PHP that is said in one direction: the code that goes the short way between its objects and values.
 *
 * @since 0.1.0
 */
import type { Plan } from "../payload/JsonPlan.ts"
import type { Read } from "../payload/JsonReader.ts"
import type { Write } from "../payload/JsonWriter.ts"
import { type Shape, unread } from "../Wire.ts"
import type { Form, Frame, Kind } from "./StreamIpcForm.ts"
import { folded, errorClass, logClass } from "./StreamIpcClasses.ts"
import type { Word } from "./StreamIpcMapping.ts"
import { isStruct } from "./StreamIpcValues.ts"

export class Spoken {
  readonly word: Word
  readonly frame: Frame
  readonly #form: Form
  readonly #fields: Fields | undefined
  #read: Read | undefined
  #write: Write | undefined

  constructor(form: Form, kind: Kind, word: Word, phpClass: string) {
    this.word = word
    this.frame = form.frameOf(kind, phpClass)
    this.#form = form
    this.#fields = word.isPlain ? (kind === "response" ? answerOf(word) : payloadOf(word.payload)) : undefined
  }

  /** Reads the fields between two offsets, or answers `unread`. */
  read(bytes: Uint8Array, start: number, end: number): unknown {
    return (this.#read ??= this.#makeRead())(bytes, start, end)
  }

  /** Writes the fields, and answers the offset after them, or -1. */
  write(value: unknown, bytes: Uint8Array, start: number, end: number): number {
    return (this.#write ??= this.#makeWrite())(value, bytes, start, end)
  }

  #makeRead(): Read {
    const { made, plan, isValue } = this.#fields?.() ?? none
    const read = plan && this.#form.reader(plan)
    if (read === undefined) return neverRead
    return (bytes, start, end) => {
      const value = read(bytes, start, end)
      return value === unread ? unread : made(isValue ? (value as { value: unknown }).value : value)
    }
  }

  #makeWrite(): Write {
    const { isValue, plan } = this.#fields?.() ?? none
    const write = plan && this.#form.writer(plan)
    if (write === undefined) return neverWritten
    return isValue ? (value, bytes, start, end) => write({ value }, bytes, start, end) : write
  }
}

/** What the fields of an object stand for. */
interface Meant {
  readonly plan: Plan | undefined
  /** Whether the one field holds a value that is no object. */
  readonly isValue: boolean
  readonly made: (value: unknown) => unknown
}

type Fields = () => Meant

const none: Meant = { plan: undefined, isValue: false, made: (value) => value }
const neverRead: Read = () => unread
const neverWritten: Write = () => -1

const payloadOf =
  ({ planned }: Shape): Fields =>
  () =>
    planned?.plan.is === "object" ? { ...planned, isValue: false } : none

/** An answer is an object of its own, or stands in one as its value. */
const answerOf = (word: Word): Fields | undefined => {
  const phpClass = folded(word.answerClass)
  // An error may be of these too, which its text tells.
  if (phpClass === folded(errorClass) || phpClass === folded(logClass)) return undefined
  return () => {
    const { planned } = word.success
    if (planned === undefined) return none
    const { made, plan } = planned
    switch (plan.is) {
      case "object":
      case "tagged":
        return isStruct(word) || !mayBeValue(plan) ? { ...planned, isValue: false } : none
      case "either":
      case "nothing":
        return none
      default:
        return {
          plan: { is: "object", fields: [{ name: "value", plan, optional: false }], passes: undefined },
          isValue: true,
          made
        }
    }
  }
}

/** Whether an object of this plan may look like one that holds a value. */
const mayBeValue = (plan: Plan): boolean => {
  if (plan.is === "tagged") return plan.cases.some((each) => mayBeValue(each.plan))
  return plan.is === "object" && plan.fields.some(({ name }) => name === "value")
}
