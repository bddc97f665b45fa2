/**
 * The rooms of the house, and who may open which door: every import in `src`, against section 1 of the design.
 *
 * Each rule is a function from parsed sources to offences. It runs on `src`, where it must find none, and on small
 * fakes that break it, where it must find exactly the one that is named.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { parseSync, Visitor } from "vite"

interface Import {
  /** The module as written. */
  readonly specifier: string
  /** The file it means, relative to `src`; undefined when it is a package or a module of Node. */
  readonly file: string | undefined
  readonly typeOnly: boolean
}

interface Source {
  /** Relative to `src`, with forward slashes. */
  readonly file: string
  readonly room: string
  readonly imports: ReadonlyArray<Import>
  /** Everything in it has the form `export * as X from "..."`. */
  readonly onlyReexports: boolean
}

type Rule = (sources: ReadonlyArray<Source>) => ReadonlyArray<string>

/** Each room, and the rooms it may import besides itself. The arrows do not add up. */
const rooms: Readonly<Record<string, ReadonlyArray<string>>> = {
  protocol: [],
  session: [],
  wire: ["session"],
  transport: ["wire"],
  peer: ["protocol", "session", "wire", "transport"],
  host: ["peer", "protocol", "transport"],
  node: ["transport", "wire", "peer", "host"],
  foreign: ["wire", "transport", "peer", "protocol"],
  testing: ["protocol", "session", "wire", "transport", "peer", "host", "node"],
  // The entry of the package runs without Node, and without what only tests need.
  "index.ts": ["protocol", "session", "wire", "transport", "peer", "host"]
}

/** Where modules of Effect that may still change are welcome. */
const outerRooms = ["node", "foreign", "testing"]

/** The two unstable modules that pay for their risk, and the only files that take it. */
const unstableModules = ["effect/schema/SchemaJITCompiler", "effect/encoding/SchemaBinary"]
const unstableFiles = ["peer/Shapes.ts", "wire/payload/Binary.ts"]

/** What the rooms without I/O and time may use of Effect: data. Schema only as a type. */
const dataModules = ["effect/Option", "effect/Result", "effect/Duration", "effect/Context"]

/** What would bring I/O or time into the room that only says what may be said. */
const livingModules =
  /^effect\/(Effect|Clock|Fiber|Queue|PubSub|Stream|Sink|Channel|Layer|Schedule|Scope|Runtime|Random)$/

const meetingPlace = "peer/Connection.ts"

const roomOf = (file: string): string => file.split("/")[0]!

/** Parses the source at `file`, relative to `src`. */
const parse = (file: string, text: string): Source => {
  const { program, errors } = parseSync(file, text)
  assert.deepStrictEqual(errors, [], file)
  const imports: Array<Import> = []
  const add = (source: unknown, typeOnly: boolean): void => {
    const specifier = String((source as { readonly value?: unknown }).value ?? "(computed)")
    const target = specifier.startsWith(".") ? Path.posix.join(Path.posix.dirname(file), specifier) : undefined
    imports.push({ specifier, file: target, typeOnly })
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source, node.importKind === "type"),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === "type"),
    ExportNamedDeclaration: (node) => (node.source === null ? undefined : add(node.source, node.exportKind === "type")),
    ImportExpression: (node) => add(node.source, false),
    TSImportType: (node) => add(node.source, true)
  }).visit(program)
  const onlyReexports = program.body.every((node) => node.type === "ExportAllDeclaration" && node.exported !== null)
  return { file, room: roomOf(file), imports, onlyReexports }
}

/** Asks `judge` about every import; what it answers is an offence. */
const eachImport =
  (judge: (source: Source, target: Import) => string | undefined): Rule =>
  (sources) =>
    sources.flatMap((source) =>
      source.imports.flatMap((target) => {
        const offence = judge(source, target)
        return offence === undefined ? [] : [`${source.file} -> ${target.specifier}: ${offence}`]
      })
    )

const everyFileHasARoom: Rule = (sources) =>
  sources.filter((source) => rooms[source.room] === undefined).map((source) => `${source.file}: no such room`)

const directions = eachImport(({ room }, { file }) => {
  if (file === undefined || roomOf(file) === room) return undefined
  return rooms[room]?.includes(roomOf(file)) === true ? undefined : `${room} may not import ${roomOf(file)}`
})

const transportTakesOnlyTypes = eachImport(({ room }, { file, typeOnly }) =>
  room === "transport" && file?.startsWith("wire/") === true && !typeOnly ? "types only" : undefined
)

const nodeStaysInItsRoom = eachImport(({ room }, { specifier }) =>
  specifier.startsWith("node:") && room !== "node" ? "node: belongs to the room node" : undefined
)

const effectIsTheOnlyPackage = eachImport((_, { file, specifier }) =>
  file !== undefined || /^(effect$|effect\/|node:)/.test(specifier) ? undefined : "no such dependency"
)

const noBarrels = eachImport((_, { specifier, file }) =>
  /^effect(\/[a-z-]+)?$/.test(specifier) || file?.endsWith("index.ts") === true ? "import the module itself" : undefined
)

const pureRoomsTakeOnlyData = eachImport(({ file, room }, { specifier, typeOnly }) => {
  if ((room !== "session" && room !== "wire") || !specifier.startsWith("effect")) return undefined
  if (dataModules.includes(specifier) || (specifier === "effect/Schema" && typeOnly)) return undefined
  if (unstableFiles.includes(file) && unstableModules.includes(specifier)) return undefined
  return `${room} takes only data from effect`
})

const protocolIsNotAlive = eachImport(({ room }, { specifier, typeOnly }) =>
  room === "protocol" && livingModules.test(specifier) && !typeOnly ? "protocol has no I/O and no time" : undefined
)

/** Reads the stability that a module of Effect declares in its first comment. */
const isUnstable = (specifier: string): boolean => {
  const path = `node_modules/effect/dist/${specifier.slice("effect/".length)}.d.ts`
  if (!specifier.startsWith("effect/") || !Fs.existsSync(path)) return false
  const header = Fs.readFileSync(path, "utf8").split("*/", 1)[0]!
  return header.includes("@stability unstable")
}

const unstableStaysOutside = eachImport(({ file, room }, { specifier }) => {
  if (outerRooms.includes(room) || !isUnstable(specifier)) return undefined
  if (unstableFiles.includes(file) && unstableModules.includes(specifier)) return undefined
  return "unstable in effect"
})

/** A session is `Session.ts`; its messages and the entries of its tables are facts that others may name. */
const onePlaceHoldsAll: Rule = (sources) =>
  sources
    .filter(({ file, imports }) => {
      const holds = (test: (path: string) => boolean): boolean =>
        imports.some((target) => target.file !== undefined && test(target.file))
      const session = holds((path) => path === "session/Session.ts")
      return session && holds((path) => path.startsWith("wire/")) && holds((path) => path === "transport/Link.ts")
        ? file !== meetingPlace
        : false
    })
    .map(({ file }) => `${file}: only ${meetingPlace} holds a session, a codec and a link at once`)

const importsLeadSomewhere: Rule = (sources) => {
  const files = new Set(sources.map((source) => source.file))
  return eachImport((_, { file }) => (file === undefined || files.has(file) ? undefined : "no such file"))(sources)
}

const indexesHoldNoCode: Rule = (sources) =>
  sources
    .filter((source) => Path.posix.basename(source.file) === "index.ts" && !source.onlyReexports)
    .map((source) => `${source.file}: only lines of the form export * as X from "..."`)

/** Walks depth first; a file met again while it is still open closes a cycle. Types count: a cycle is two files in one. */
const noCycles: Rule = (sources) => {
  const byFile = new Map(sources.map((source) => [source.file, source]))
  const done = new Set<string>()
  const cycles: Array<string> = []
  const walk = (file: string, open: ReadonlyArray<string>): void => {
    if (open.includes(file)) cycles.push([...open.slice(open.indexOf(file)), file].join(" -> "))
    if (open.includes(file) || done.has(file)) return
    for (const target of byFile.get(file)?.imports ?? []) {
      if (target.file !== undefined) walk(target.file, [...open, file])
    }
    done.add(file)
  }
  for (const { file } of sources) walk(file, [])
  return cycles
}

const sources = Fs.readdirSync("src", { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"))
  .sort()
  .map((path) => parse(path, Fs.readFileSync(`src/${path}`, "utf8")))

/** Name of the rule, the rule, and fakes: a file, its text, and the one offence it must be found guilty of. */
const rules: ReadonlyArray<
  readonly [string, Rule, ReadonlyArray<readonly [file: string, text: string, offence: string]>]
> = [
  [
    "every file lives in a room",
    everyFileHasARoom,
    [
      ["utils/Misc.ts", "export {}", "utils/Misc.ts: no such room"],
      ["Loose.ts", "export {}", "Loose.ts: no such room"]
    ]
  ],
  [
    "rooms import only along the arrows",
    directions,
    [
      ["session/A.ts", `import * as Wire from "../wire/Wire.ts"`, "session may not import wire"],
      ["protocol/A.ts", `import type { B } from "../session/B.ts"`, "protocol may not import session"],
      ["wire/dialect/A.ts", `export * from "../../transport/Link.ts"`, "wire may not import transport"],
      ["transport/A.ts", `import type { M } from "../session/Message.ts"`, "transport may not import session"],
      ["peer/A.ts", `const b = await import("../node/B.ts")`, "peer may not import node"],
      ["peer/A.ts", `import * as B from "../host/B.ts"`, "peer may not import host"],
      ["host/A.ts", `import * as B from "../session/B.ts"`, "host may not import session"],
      ["host/A.ts", `import * as B from "../wire/B.ts"`, "host may not import wire"],
      ["node/A.ts", `import * as B from "../session/B.ts"`, "node may not import session"],
      ["node/A.ts", `import * as B from "../protocol/B.ts"`, "node may not import protocol"],
      ["foreign/hx/A.ts", `import * as B from "../../node/B.ts"`, "foreign may not import node"],
      ["testing/A.ts", `import * as B from "../foreign/hx/B.ts"`, "testing may not import foreign"],
      ["peer/A.ts", `import * as B from "../testing/B.ts"`, "peer may not import testing"],
      ["index.ts", `export * as Stdio from "./node/Stdio.ts"`, "index.ts may not import node"],
      ["session/A.ts", `export type B = import("../peer/B.ts").B`, "session may not import peer"]
    ]
  ],
  [
    "a transport takes only types from a wire",
    transportTakesOnlyTypes,
    [
      ["transport/A.ts", `import { Wire } from "../wire/Wire.ts"`, "types only"],
      ["transport/A.ts", `import { type Wire } from "../wire/Wire.ts"`, "types only"],
      ["transport/A.ts", `export { Wire } from "../wire/Wire.ts"`, "types only"]
    ]
  ],
  [
    "node: is only in the room node",
    nodeStaysInItsRoom,
    [
      ["wire/ByteBuffer.ts", `import { Buffer } from "node:buffer"`, "node: belongs to the room node"],
      ["testing/A.ts", `import type { Socket } from "node:net"`, "node: belongs to the room node"]
    ]
  ],
  [
    "effect is the only package",
    effectIsTheOnlyPackage,
    [
      ["node/A.ts", `import * as NodeSocket from "@effect/platform-node/NodeSocket"`, "no such dependency"],
      ["node/A.ts", `import * as Fs from "fs"`, "no such dependency"],
      ["peer/A.ts", `import { birpc } from "birpc"`, "no such dependency"],
      ["peer/A.ts", `const b = await import(name)`, "no such dependency"]
    ]
  ],
  [
    "nobody imports a barrel",
    noBarrels,
    [
      ["peer/A.ts", `import { Effect } from "effect"`, "import the module itself"],
      ["peer/A.ts", `import type { Effect } from "effect"`, "import the module itself"],
      ["testing/A.ts", `import { TestClock } from "effect/testing"`, "import the module itself"],
      ["peer/A.ts", `import { Memory } from "../index.ts"`, "import the module itself"]
    ]
  ],
  [
    "session and wire take only data from effect",
    pureRoomsTakeOnlyData,
    [
      ["session/A.ts", `import * as Effect from "effect/Effect"`, "session takes only data from effect"],
      ["session/A.ts", `import type * as Clock from "effect/Clock"`, "session takes only data from effect"],
      ["wire/framing/A.ts", `import * as Stream from "effect/Stream"`, "wire takes only data from effect"],
      ["wire/payload/Json.ts", `import * as Schema from "effect/Schema"`, "wire takes only data from effect"],
      ["wire/A.ts", `import * as S from "effect/encoding/SchemaBinary"`, "wire takes only data from effect"]
    ]
  ],
  [
    "protocol uses nothing that runs",
    protocolIsNotAlive,
    [["protocol/A.ts", `import * as Effect from "effect/Effect"`, "protocol has no I/O and no time"]]
  ],
  [
    "unstable modules of effect stay in two files",
    unstableStaysOutside,
    [
      ["peer/A.ts", `import * as Socket from "effect/socket/Socket"`, "unstable in effect"],
      ["peer/RpcClient.ts", `import * as Jit from "effect/schema/SchemaJITCompiler"`, "unstable in effect"],
      ["transport/A.ts", `import type * as F from "effect/FileSystem"`, "unstable in effect"],
      ["wire/payload/Binary.ts", `import * as F from "effect/FileSystem"`, "unstable in effect"]
    ]
  ],
  [
    "one file holds a session, a codec and a link at once",
    onePlaceHoldsAll,
    [
      [
        "peer/RpcServer.ts",
        `import * as Session from "../session/Session.ts"
         import type { Codec } from "../wire/Wire.ts"
         import type { Link } from "../transport/Link.ts"`,
        "peer/RpcServer.ts: only peer/Connection.ts holds a session, a codec and a link at once"
      ]
    ]
  ],
  ["imports name a file that exists", importsLeadSomewhere, [["peer/A.ts", `import "./B.js"`, "no such file"]]],
  [
    "an index holds no code",
    indexesHoldNoCode,
    [
      ["index.ts", `export const version = 1`, "index.ts: only lines of the form"],
      ["node/index.ts", `export * from "./Stdio.ts"`, "node/index.ts: only lines of the form"]
    ]
  ],
  ["no imports in a circle", noCycles, [["peer/A.ts", `import type { A } from "./A.ts"`, "peer/A.ts -> peer/A.ts"]]]
]

describe.each(rules)("rooms: %s", (_, rule, fakes) => {
  it("holds in src", () => assert.deepStrictEqual(rule(sources), []))

  it.each(fakes)("reports %s with %s", (file, text, offence) => {
    const found = rule([parse(file, text)])
    assert.strictEqual(found.length, 1)
    assert.include(found[0], offence)
  })
})

describe("rooms: the checker", () => {
  it("reads every form of import, and none in a comment or a string", () => {
    const { imports } = parse(
      "peer/A.ts",
      `// import "./comment.ts"
       /** @example import * as X from "./doc.ts" */
       import type { A } from "./a.ts"
       import { type B } from "./b.ts"
       import "./c.ts"
       import * as D from "../wire/d.ts"
       export * as E from "./e.ts"
       export type { F } from "./f.ts"
       export const g = "import './string.ts'"
       export const h = () => import("./h.ts")
       export type I = import("./i.ts").I`
    )
    assert.deepStrictEqual(
      imports.map(({ file, typeOnly }) => `${file}${typeOnly ? " as types" : ""}`),
      [
        "peer/a.ts as types",
        "peer/b.ts",
        "peer/c.ts",
        "wire/d.ts",
        "peer/e.ts",
        "peer/f.ts as types",
        "peer/h.ts",
        "peer/i.ts as types"
      ]
    )
  })

  it("finds a circle of three files, once", () => {
    const circle = [
      parse("peer/A.ts", `import "./B.ts"`),
      parse("peer/B.ts", `import "./C.ts"`),
      parse("peer/C.ts", `import type { A } from "./A.ts"`)
    ]
    assert.deepStrictEqual(noCycles(circle), ["peer/A.ts -> peer/B.ts -> peer/C.ts -> peer/A.ts"])
  })

  it("lets pass what the design allows", () => {
    const house = [
      parse("session/Message.ts", `import type * as Schema from "effect/Schema"`),
      parse("session/Session.ts", `import * as Duration from "effect/Duration"\nimport "./Message.ts"`),
      parse("wire/Wire.ts", `import type { Message } from "../session/Message.ts"`),
      parse("wire/payload/Binary.ts", `import * as SchemaBinary from "effect/encoding/SchemaBinary"`),
      parse("transport/Link.ts", `import type { Wire } from "../wire/Wire.ts"`),
      parse("peer/Shapes.ts", `import * as Jit from "effect/schema/SchemaJITCompiler"`),
      parse(
        "peer/Connection.ts",
        `import "../session/Session.ts"; import "../wire/Wire.ts"; import "../transport/Link.ts"`
      ),
      parse("node/Stdio.ts", `import * as Fs from "node:fs"\nimport * as Path from "effect/Path"`),
      parse("node/index.ts", `export * as Stdio from "./Stdio.ts"`),
      parse("index.ts", `export * as Connection from "./peer/Connection.ts"`)
    ]
    assert.deepStrictEqual(
      rules.flatMap(([, rule]) => rule(house)),
      []
    )
  })

  it("knows which modules of effect are unstable", () => {
    assert.isTrue(unstableModules.every(isUnstable))
    assert.isFalse(isUnstable("effect/Schema"))
  })
})
