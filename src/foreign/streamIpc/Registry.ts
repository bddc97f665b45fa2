/**
 * Which classes of ours stand for which of PHP: messages as users see them, and as objects of PHP.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import { PhpObject } from "../../wire/payload/PhpValue.ts"
import type { PhpClass } from "./PhpClass.ts"

export class Registry<A> {
  readonly #classes: ReadonlyArray<PhpClass<A>>
  readonly #byName: ReadonlyMap<string, PhpClass<A>>

  constructor(classes: ReadonlyArray<PhpClass<A>>) {
    this.#classes = classes
    this.#byName = new Map(classes.map((each) => [each.name.toLowerCase(), each]))
  }

  /** Whether a value can be sent, as far as its class says. */
  has(value: unknown): value is PhpObject | A {
    return value instanceof PhpObject || this.#of(value) !== undefined
  }

  /** The class of PHP that a message is of. */
  nameOf(message: PhpObject | A): string {
    return message instanceof PhpObject ? message.class : (this.#of(message)?.name ?? "unknown")
  }

  /** Makes the object of a message, or says why there is none. */
  encode(message: PhpObject | A): Result.Result<PhpObject, string> {
    if (message instanceof PhpObject) return Result.succeed(message)
    const phpClass = this.#of(message)
    if (phpClass === undefined) return Result.fail("no class of PHP is registered for it (option `classes`)")
    return attempt(() => phpClass.encode(message))
  }

  /** Makes an instance of an object whose class is known; any other stays what it is. */
  decode(object: PhpObject): Result.Result<PhpObject | A, string> {
    const phpClass = this.#byName.get(object.class.toLowerCase())
    return phpClass === undefined ? Result.succeed(object) : attempt(() => phpClass.decode(object))
  }

  #of(value: unknown): PhpClass<A> | undefined {
    return this.#classes.find((each) => each.has(value))
  }
}

const attempt = <T>(make: () => T): Result.Result<T, string> =>
  Result.try({ try: make, catch: (error) => (error instanceof Error ? error.message : String(error)) })
