/**
 * Where the values that are being read from PHP's `serialize` are kept, so that a reference can take the place of one.
 *
 * @since 0.1.0
 */
import { PhpError, type PhpKey, type PhpProperty, type PhpValue } from "./PhpValue.ts"

/** Where a value is kept, so that a reference can take its place. */
export interface Holder {
  set(place: PhpKey, value: PhpValue): void
  get(place: PhpKey): PhpValue | undefined
}

/** The place of the value that is all. */
export class Root implements Holder {
  value: PhpValue | undefined

  set(_: PhpKey, value: PhpValue): void {
    this.value = value
  }
  get(): PhpValue | undefined {
    return this.value
  }
}

/** The places of an object's properties, by their order. */
export class Properties implements Holder {
  readonly #properties: Array<PhpProperty>

  constructor(properties: Array<PhpProperty>) {
    this.#properties = properties
  }

  set(place: PhpKey, value: PhpValue): void {
    this.#properties[place as number]!.value = value
  }
  get(place: PhpKey): PhpValue | undefined {
    return this.#properties[place as number]?.value
  }
}

/** Makes a property of the name that it has on the wire: `\0*\0name` is protected, `\0Class\0name` private. */
export const propertyOf = (key: PhpKey, at: number): PhpProperty => {
  if (typeof key === "bigint") throw new PhpError("OutOfRange", "a property is named by a number that is too large", at)
  const mark = typeof key === "string" && key[0] === "\0" ? key.indexOf("\0", 1) : -1
  if (mark < 2) return { name: key, visibility: "public", value: null }
  const name = (key as string).slice(mark + 1)
  const owner = (key as string).slice(1, mark)
  return owner === "*"
    ? { name, visibility: "protected", value: null }
    : { name, visibility: "private", declaredIn: owner, value: null }
}
