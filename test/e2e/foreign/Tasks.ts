/** What the PHP programs of `peers/streamIpc` answer, as a protocol: see `messages.php` there. */
import * as Schema from "effect/Schema"
import * as Event from "../../../src/protocol/Event.ts"
import * as Protocol from "../../../src/protocol/Protocol.ts"
import * as Request from "../../../src/protocol/Request.ts"
import * as StreamIpc from "../../../src/wire/dialect/StreamIpc.ts"

const answeredBy = (name: string) => StreamIpc.annotations({ success: `App\\${name}` })
const Done = Schema.Struct({ text: Schema.String })

export class Unlucky extends Schema.TaggedError<Unlucky>()("Unlucky", { why: Schema.String }) {}

export class Add extends Request.Class<Add>()("Add", {
  payload: { a: Schema.Int, b: Schema.Int },
  success: Schema.Int,
  annotations: answeredBy("Sum")
}) {}
export class Repeat extends Request.Class<Repeat>()("Repeat", {
  payload: { value: Schema.Unknown },
  success: Schema.Struct({ value: Schema.Unknown }),
  annotations: answeredBy("Repeat")
}) {}
export class Index extends Request.Class<Index>()("Index", {
  payload: { path: Schema.String, steps: Schema.Int },
  success: Done,
  annotations: answeredBy("Done")
}) {}
export class Ask extends Request.Class<Ask>()("Ask", {
  payload: { question: Schema.String },
  success: Done,
  annotations: answeredBy("Done")
}) {}
export class Warn extends Request.Class<Warn>()("Warn", {
  payload: { text: Schema.String },
  success: Done,
  annotations: answeredBy("Done")
}) {}
export class Fail extends Request.Class<Fail>()("Fail", { payload: { why: Schema.String }, error: Unlucky }) {}
export class Unwanted extends Request.Class<Unwanted>()("Unwanted") {}
export class Unknown extends Request.Class<Unknown>()("Unknown") {}
export class Wait extends Request.Class<Wait>()("Wait", {
  payload: { millis: Schema.Int },
  success: Done,
  annotations: answeredBy("Done")
}) {}
export class Quit extends Request.Class<Quit>()("Quit") {}
export class Question extends Request.Class<Question>()("Question", {
  payload: { question: Schema.String },
  success: Schema.Struct({ text: Schema.String }),
  annotations: answeredBy("Answer")
}) {}
export class Note extends Event.Class<Note>()("Note", { text: Schema.String }) {}
export class Progress extends Event.Class<Progress>()("Progress", { done: Schema.Int, total: Schema.Int }) {}
export class LogMessage extends Event.Class<LogMessage>()("LogMessage", {
  message: Schema.String,
  level: Schema.String
}) {}

export const Tasks = Protocol.make("tasks", {
  version: "1.0.0",
  server: [Add, Repeat, Index, Ask, Warn, Fail, Unwanted, Unknown, Wait, Quit, Note],
  client: [Question, Note, Progress, LogMessage]
})
