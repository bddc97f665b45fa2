/**
 * Code that is generated for a plan, as text, and how it is compiled.
 *
 * @since 0.1.0
 */

/** The texts of generated functions, and the values of this program that they use. */
export class Source {
  readonly #functions: Array<string> = []
  readonly #values: Array<unknown> = []

  /** Adds a function with this list of parameters, and answers its name. */
  add(parameters: string, body: string): string {
    const name = `f${this.#functions.length}`
    this.#functions.push(`const ${name} = (${parameters}) => {\n${body}\n}`)
    return name
  }

  /** Answers an expression for a value. */
  value(value: unknown): string {
    return `values[${this.#values.push(value) - 1}]`
  }

  /** Compiles them, and answers the one of that name; undefined where the platform forbids generated code. */
  compile<F>(name: string, helpers: Readonly<Record<string, unknown>>): F | undefined {
    const names = Object.keys(helpers)
    try {
      const make = new Function("values", ...names, `"use strict"\n${this.#functions.join("\n")}\nreturn ${name}`)
      return make(this.#values, ...Object.values(helpers)) as F
    } catch {
      return undefined
    }
  }
}

const utf8 = new TextEncoder()

/** The bytes of a text, as numbers in code. */
export const bytesOf = (text: string): ReadonlyArray<string> => Array.from(utf8.encode(text), String)

export const opening = "123"
export const comma = "44"
