/** Pages of every module that the package exports, under the name by which it is imported. */
import * as Path from "node:path"
import { modules } from "./modules.mjs"

export default {
  name: "effect-ipc",
  plugin: [Path.join(import.meta.dirname, "headers.mjs")],
  entryPoints: modules.map(({ file }) => file),
  tsconfig: Path.join(import.meta.dirname, "tsconfig.json"),
  out: Path.join(import.meta.dirname, "out"),
  readme: "none",
  disableSources: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  // Types that are a step on the way to another have no page: that would say less than the type they end in.
  validation: { notDocumented: true, notExported: false, invalidLink: true },
  requiredToBeDocumented: ["Module", "Variable", "Function", "Class", "Interface", "TypeAlias"],
  treatWarningsAsErrors: true
}
