/**
 * Media types as innmind/ipc has them: which text is one, and the form in which its library writes it again.
 *
 * ```
 * top/sub+suffix; name=value, name="value"
 * ```
 * A peer of it drops the connection over any other text, so what it would not read is not written. Two media types are
 * the same when their normal forms are: `; ` before the first parameter, `, ` before each other, no quotes.
 *
 * @since 0.1.0
 */

/** A media type, in its parts. */
export interface MediaType {
  readonly topLevel: string
  readonly subType: string
  /** What follows a `+`; empty where nothing does. */
  readonly suffix: string
  readonly parameters: ReadonlyArray<readonly [name: string, value: string]>
}

const topLevels = "application|audio|font|example|image|message|model|multipart|text|video"
const name = "[A-Za-z0-9][A-Za-z0-9!#$&^_.-]{0,126}"
const token = "[A-Za-z0-9!#$%&'*+^_.`|~-]"
const head = new RegExp(`^(${topLevels})/(${name})(?:\\+(${name}))?$`)
const parameter = new RegExp(`^(${name})=(?:(${token}+)|"(${token}*)")$`)
const separator = /[;,] ?/

/** Answers the parts of a text that is a media type, or undefined. Upper and lower case differ. */
export const parse = (text: string): MediaType | undefined => {
  const [type, ...rest] = text.split(separator)
  const found = head.exec(type!)
  if (found === null) return undefined
  const parameters: Array<readonly [string, string]> = []
  for (const part of rest) {
    const pair = parameter.exec(part)
    if (pair === null) return undefined
    parameters.push([pair[1]!, pair[2] ?? pair[3]!])
  }
  return { topLevel: found[1]!, subType: found[2]!, suffix: found[3] ?? "", parameters }
}

/** Answers the normal form of a media type. */
export const format = ({ parameters, subType, suffix, topLevel }: MediaType): string => {
  const type = suffix === "" ? `${topLevel}/${subType}` : `${topLevel}/${subType}+${suffix}`
  if (parameters.length === 0) return type
  return `${type}; ${parameters.map(([key, value]) => `${key}=${value === "" ? '""' : value}`).join(", ")}`
}

/** Answers the normal form of a text, or undefined when it is no media type. */
export const normal = (text: string): string | undefined => {
  const type = parse(text)
  return type && format(type)
}

/** Whether two texts are the same media type. What is none is the same as nothing. */
export const equals = (one: string, other: string): boolean => {
  const form = normal(one)
  return form !== undefined && form === normal(other)
}

/** Answers a normal form without its parameters. */
export const essence = (form: string): string => {
  const end = form.indexOf(";")
  return end === -1 ? form : form.slice(0, end)
}
