/**
 * Bundles src into few files: every file costs a program half a millisecond of its start.
 *
 * Each entry of the package keeps a file of its own name; what most programs need lies in chunks that entries share.
 */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { rolldown } from "rolldown"

const root = Path.resolve(import.meta.dirname, "..")

/** Modules of the inner rooms that not every program needs. */
const apart = [
  "RpcServer|Streams|Memory",
  "Binary|BinaryShapes",
  "Middleware|Intercept|Chain|AroundCalls|AroundHandlers|Tracing|Metrics|Measuring|Outcome",
  "Fold|Folding|Line|Resolver",
  "Hx\\w*|ContentType",
  "Reconnect\\w*|Holding|Deadline|Trials",
  "StreamIpc\\w*|Php\\w*|MagicFrame|LineFrame|Base64|GrowingBytes|Slots",
  "Innmind\\w*|Media\\w+|ImpliedHello"
]

/** What most links need. */
const links = "StreamLink|Streams|Outgoing|Intake|HalfBroken|NodeWire|Proof|RealTime|SocketPath"

/** What belongs to no chunk is loaded with the one entry or the one dynamic import that needs it. */
const chunks = [
  {
    name: "core",
    test: new RegExp(String.raw`src/(protocol|session|wire|transport|peer)/(?!.*\b(${apart.join("|")})\.ts)`)
  },
  { name: "links", test: new RegExp(String.raw`src/node/(${links})\.ts`) }
]

/** The sources of the package's entries, relative to src and without their extension. */
export const entries = (): ReadonlyArray<string> => {
  const { exports } = JSON.parse(Fs.readFileSync(Path.join(root, "package.json"), "utf8"))
  return Object.values<string>(exports)
    .filter((path) => path.endsWith(".js"))
    .map((path) => path.slice("./dist/".length, -".js".length))
}

/** Bundles these sources into a folder. */
export const bundle = async (names: ReadonlyArray<string>, folder: string): Promise<void> => {
  const barrels = names.filter((name) => /(^|\/)index$/.test(name))
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(names.filter((name) => !barrels.includes(name)).map((name) => [name, `src/${name}.ts`])),
    external: /^(effect|node:)/,
    platform: "neutral"
  })
  await build.write({
    dir: folder,
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name].js",
    sourcemap: true,
    comments: { legal: true, annotation: true, jsdoc: false },
    codeSplitting: { groups: chunks }
  })
  await build.close()
  for (const name of barrels) writeBarrel(name, folder)
}

/** A barrel only names the files of entries, so that who bundles it again can leave out what is not used. */
const writeBarrel = (name: string, folder: string): void => {
  const source = Fs.readFileSync(Path.join(root, `src/${name}.ts`), "utf8")
  const target = Path.join(folder, `${name}.js`)
  Fs.mkdirSync(Path.dirname(target), { recursive: true })
  Fs.writeFileSync(target, source.replaceAll(/(from "\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'))
}

if (import.meta.main) await bundle(entries(), Path.join(root, "dist"))
