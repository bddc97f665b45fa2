/**
 * How the requests and events of a protocol are said: which classes stand for them, and which fields need more than their
 * schema tells. All of it has defaults.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import { isClassName } from "../payload/PhpValue.ts"
import type { Lexicon, Method, Objection } from "../Wire.ts"
import { canonical, type Classes, errorClass, folded } from "./StreamIpcClasses.ts"

/**
 * What can be said of a request or event. Classes are named with their namespace.
 *
 * @category models
 * @since 0.1.0
 */
export interface Mapping {
  /** The class that stands for it. Default: the one for its tag. */
  readonly class?: string | undefined
  /** The class of its answer. Default: that of the value's tag, or the request's class followed by `Answer`. */
  readonly success?: string | undefined
  /**
   * Fields of it, and of its answer, that are integers in PHP and text here: those of `Schema.BigInt`, which JSON says as
   * text.
   */
  readonly integers?: ReadonlyArray<string> | undefined
  /** Fields of it, and of its answer, that are strings of any bytes in PHP: those of `Schema.Uint8Array`. Not in JSON. */
  readonly bytes?: ReadonlyArray<string> | undefined
}

/** Where a mapping is kept among the annotations of a request or event. */
const Key = Context.Reference<Mapping>("effect-ipc/StreamIpc", { defaultValue: () => ({}) })

/**
 * Makes the annotations of a request or event that say how php-stream-ipc names it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const annotations = (mapping: Mapping): Context.Context<never> => Context.make(Key, mapping)

/** A request or event, by the names it has in PHP. */
export interface Word extends Method {
  /** Its number here. */
  readonly method: number
  readonly class: string
  /** The class of an answer that has no tag. */
  readonly answerClass: string
  /** Whether every answer is of that class. */
  readonly answersOne: boolean
  readonly integers: ReadonlyArray<string>
  readonly bytes: ReadonlyArray<string>
  /** Whether its fields are what their schemas say, and all of them public. */
  readonly isPlain: boolean
}

const wordOf = (given: Method, method: number, classes: Classes): Word => {
  const mapping = Context.get(given.annotations, Key)
  const phpClass = mapping.class === undefined ? classes.ofTag(given.tag) : canonical(mapping.class)
  const integers = mapping.integers ?? []
  const bytes = mapping.bytes ?? []
  return {
    tag: given.tag,
    kind: given.kind,
    payload: given.payload,
    success: given.success,
    error: given.error,
    item: given.item,
    input: given.input,
    progress: given.progress,
    annotations: given.annotations,
    method,
    class: phpClass,
    answerClass: mapping.success === undefined ? `${phpClass}Answer` : canonical(mapping.success),
    answersOne: mapping.success !== undefined,
    integers,
    bytes,
    isPlain: integers.length === 0 && bytes.length === 0 && phpClass !== errorClass
  }
}

/** A lexicon, by the names it has in PHP. */
export class Vocabulary {
  readonly says: ReadonlyArray<Word>
  readonly answers: ReadonlyArray<Word>
  readonly #requests: ReadonlyMap<string, Word>
  readonly #events: ReadonlyMap<string, Word>

  constructor(lexicon: Lexicon, classes: Classes) {
    this.says = lexicon.says.map((method, index) => wordOf(method, index, classes))
    this.answers = lexicon.answers.map((method, index) => wordOf(method, index, classes))
    this.#requests = byClass(this.answers, "request")
    this.#events = byClass(this.answers, "event")
  }

  /** The request that a class stands for. */
  request(phpClass: string): Word | undefined {
    return this.#requests.get(phpClass) ?? this.#requests.get(folded(phpClass))
  }

  /** The event that a class stands for. */
  event(phpClass: string): Word | undefined {
    return this.#events.get(phpClass) ?? this.#events.get(folded(phpClass))
  }
}

const byClass = (words: ReadonlyArray<Word>, kind: Method["kind"]): ReadonlyMap<string, Word> => {
  const map = new Map<string, Word>()
  for (const word of words) if (word.kind === kind) map.set(folded(word.class), word).set(word.class, word)
  return map
}

/** What no one can say or tell apart. */
export const objectionTo = ({ answers, says }: Vocabulary, isJson: boolean): Objection | undefined => {
  for (const words of [says, answers]) {
    const taken = new Map<string, string>()
    for (const word of words) {
      const detail = fault(word, isJson) ?? clash(word, taken)
      if (detail !== undefined) return { tag: word.tag, detail }
    }
  }
  return undefined
}

const fault = ({ answerClass, bytes, class: phpClass, integers }: Word, isJson: boolean): string | undefined => {
  const misnamed = [phpClass, answerClass].find((name) => !isClassName(name))
  if (misnamed !== undefined) {
    return `"${misnamed}" is no name of a class in PHP: name another in StreamIpc.annotations`
  }
  const both = integers.find((field) => bytes.includes(field))
  if (both !== undefined) return `the field ${both} cannot be an integer and bytes at once`
  if (isJson && bytes.length > 0)
    return `the field ${bytes[0]} is bytes, which JSON cannot say: use the serializer "php"`
  return undefined
}

/** A request and an event may share a class: one comes in an envelope. */
const clash = ({ class: phpClass, kind, tag }: Word, taken: Map<string, string>): string | undefined => {
  const key = `${kind} ${folded(phpClass)}`
  const other = taken.get(key)
  taken.set(key, tag)
  return other && `the class ${phpClass} stands for the ${kind} ${other} already`
}
