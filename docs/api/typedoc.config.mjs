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
  validation: { notDocumented: true, notExported: true, invalidLink: true },
  requiredToBeDocumented: ["Module", "Variable", "Function", "Class", "Interface", "TypeAlias"],
  treatWarningsAsErrors: true,
  // Steps of a type on its way: a page of their own would say less than the type that they end in.
  intentionallyNotExported: [
    "src/peer/Client.ts:Answer",
    "src/peer/Client.ts:AnswerTo",
    "src/peer/Client.ts:Events",
    "src/peer/Client.ts:ProgressOptions",
    "src/peer/Client.ts:Requests",
    "src/peer/Client.ts:Unary",
    "src/peer/Client.ts:Where",
    "src/peer/Handlers.ts:Result",
    "src/protocol/Combine.ts:Renamed",
    "src/protocol/Model.ts:Encoded",
    "src/protocol/Request.ts:Member",
    "src/protocol/Request.ts:Refused",
    "src/protocol/Request.ts:TypeOf",
    "src/protocol/Rules.ts:Checked",
    "src/node/Streams.ts:Options"
  ]
}
