/**
 * Media types, as `Content-Type` has them: a name, and parameters after semicolons.
 *
 * @since 0.1.0
 */

/** `text/plain; charset=utf-8`, taken apart: the name and the names of parameters in lower case. */
export interface MediaType {
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
}

const parameter = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g

/** Takes a media type apart; what is no parameter is left out. */
export const parse = (text: string): MediaType => {
  const semicolon = text.indexOf(";")
  const parameters = new Map<string, string>()
  if (semicolon < 0) return { name: text.trim().toLowerCase(), parameters }
  for (const [, name, quoted, plain] of text.slice(semicolon).matchAll(parameter)) {
    parameters.set(name!.toLowerCase(), quoted === undefined ? plain!.trim() : quoted.replaceAll(/\\(.)/g, "$1"))
  }
  return { name: text.slice(0, semicolon).trim().toLowerCase(), parameters }
}

/** Whether `type` has the name of `wanted`, and all its parameters. */
export const fits = (type: MediaType, wanted: MediaType): boolean =>
  type.name === wanted.name && [...wanted.parameters].every(([name, value]) => type.parameters.get(name) === value)

/** Whether its text is UTF-8, or of a part of it; where nothing is said, it is. */
export const isUtf8 = ({ parameters }: MediaType): boolean =>
  /^(utf-?8|us-ascii)$/i.test(parameters.get("charset") ?? "utf-8")
