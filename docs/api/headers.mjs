/** Lets TypeDoc call a module as it is imported, and take the first comment of its file for its documentation. */
import * as Fs from "node:fs"
import { Comment, Converter, ReflectionKind } from "typedoc"
import { modules } from "./modules.mjs"

/** @param {import("typedoc").Application} app */
export const load = (app) => {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return
    const source = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName
    const module = modules.find(({ file }) => file === source)
    if (module === undefined) return
    reflection.name = module.name
    reflection.comment = headerOf(module.file)
  })
}

const headerOf = (file) => {
  const header = /^\/\*\*([^]*?)(@since[^]*?)?\*\//.exec(Fs.readFileSync(file, "utf8"))
  if (header === null) return undefined
  return new Comment([{ kind: "text", text: header[1].replaceAll(/^\s*\* ?/gm, "").trim() }])
}
