/**
 * Messages in the words of an application: its own classes, with their own checks and methods.
 */
import { Schema } from "effect"
import { Event, Protocol, Request } from "effect-ipc"

/** Checked on both sides. */
export const FilePath = Schema.String.check(Schema.isStartingWith("/"))

/** What a checksum is. It arrives as an instance of this class. */
export class Digest extends Schema.Class<Digest>("Digest")({
  algorithm: Schema.Literals(["md5", "sha256"]),
  bytes: Schema.Uint8Array,
  takenAt: Schema.DateTimeUtc
}) {
  get hex(): string {
    return Buffer.from(this.bytes).toString("hex")
  }
}

/** A task that nobody waits for. */
export class Reindex extends Event.Class<Reindex>()("Reindex", {
  database: Schema.String,
  tables: Schema.HashSet(Schema.String)
}) {}

/** A task that has a result. */
export class Checksum extends Request.Class<Checksum>()("Checksum", {
  payload: { path: FilePath, algorithm: Schema.Literals(["md5", "sha256"]) },
  success: Digest
}) {
  get title(): string {
    return `${this.algorithm} of ${this.path}`
  }
}

export const Tasks = Protocol.make("tasks", { version: "1.0.0", server: [Reindex, Checksum] })
