/**
 * What the manager may ask a worker.
 */
import { Schema } from "effect"
import { Protocol, Request } from "effect-ipc"

/** A job: the worker says what it is at until it is done. */
export class RunJob extends Request.Class<RunJob>()("RunJob", {
  payload: { job: Schema.String },
  progress: Schema.Literals(["starting", "halfway"]),
  success: Schema.String
}) {}

export const TaskWorker = Protocol.make("task-worker", { version: "1.0.0", server: [RunJob] })
