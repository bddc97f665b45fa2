/**
 * What the parent and its PHP child say to each other. The child's classes are in the namespace `App`.
 */
import { Schema } from "effect"
import { Event, Protocol, Request, StreamIpc } from "effect-ipc"

/** `App\Import`, answered by `App\Imported`. */
export class Import extends Request.Class<Import>()("Import", {
  payload: { file: Schema.String },
  success: Schema.Struct({ rows: Schema.Int, pid: Schema.Int }),
  annotations: StreamIpc.annotations({ success: "App\\Imported" })
}) {}

/** `App\Progress`. What is progress elsewhere is an event here: php-stream-ipc has notifications only. */
export class Progress extends Event.Class<Progress>()("Progress", { done: Schema.Int, total: Schema.Int }) {}

export const Importer = Protocol.make("importer", { version: "1.0.0", server: [Import], client: [Progress] })
export const wire = StreamIpc.wire({ namespace: "App" })
