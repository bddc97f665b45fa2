/** The bytes that the real php-stream-ipc wrote. */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"

export interface Vector {
  readonly name: string
  readonly kind: "request" | "response" | "error response" | "notification" | "undecodable" | "stream"
  readonly generation: "v1" | "old"
  readonly serializer: "php" | "json"
  readonly bytes: Uint8Array
  readonly frames: ReadonlyArray<{ readonly class: string; readonly level?: string; readonly hex?: string }> | undefined
}

const folder = Path.resolve(import.meta.dirname, "../../fixtures/foreign")

interface Entry {
  readonly name: string
  readonly kind: Vector["kind"]
  readonly generation: string
  readonly serializer: string
  readonly base64?: string
  readonly sha256: string
  readonly bytes: number
  readonly frames?: Vector["frames"]
}

const entries: ReadonlyArray<Entry> = JSON.parse(
  Fs.readFileSync(Path.join(folder, "php-stream-ipc.json"), "utf8")
).entries

export const vectors: ReadonlyArray<Vector> = entries
  .filter(({ base64 }) => base64 !== undefined)
  .map((entry) => ({
    name: entry.name,
    kind: entry.kind,
    generation: entry.generation.startsWith("v1") ? "v1" : "old",
    serializer: entry.serializer === "json" ? "json" : "php",
    bytes: new Uint8Array(Buffer.from(entry.base64!, "base64")),
    frames: entry.frames
  }))

/** Those that are too large to be kept: only their sums are. */
export const large: ReadonlyArray<Entry> = entries.filter(({ base64 }) => base64 === undefined)

export const sha256 = (bytes: Uint8Array): string => Crypto.createHash("sha256").update(bytes).digest("hex")
