/**
 * The server's side of innmind/ipc: messages become requests and events, in the order they come; the session sees to it
 * that answers leave in that order.
 *
 * @since 0.1.0
 */
import type { AnswerMessage, Refusal } from "../../session/Message.ts"
import type { MediaFramer, MediaMessage } from "../framing/MediaFrame.ts"
import type { Out } from "../Wire.ts"
import * as Answer from "./InnmindAnswer.ts"
import * as Control from "./InnmindControl.ts"
import type { Plan } from "./InnmindMapping.ts"
import { Router } from "./InnmindRoute.ts"

export class Answerer {
  readonly #plans: ReadonlyArray<Plan>
  readonly #version: Control.Version
  readonly #framer: MediaFramer
  readonly #router: Router
  /** The last request's id; theirs have none. */
  #lastId = 0
  /** Requests that were answered when they were acknowledged. */
  readonly #acknowledged = new Set<number>()

  constructor(plans: ReadonlyArray<Plan>, version: Control.Version, framer: MediaFramer) {
    this.#plans = plans
    this.#version = version
    this.#framer = framer
    this.#router = new Router(plans)
  }

  /** A client has sent a message, which was acknowledged. */
  user(message: MediaMessage, out: Out): void {
    const routed = this.#router.route(message)
    const { index } = routed
    const plan = this.#plans[index]
    const bytes = message.content.length
    // Nobody can tell whether it asks for an answer, and one too many would be taken for that to the next request.
    if (plan === undefined) return out.refuse("none", 0, -1, routed.reason!)
    if (plan.method.kind === "event") {
      if (routed.reason !== undefined) return out.refuseEvent(bytes, routed.reason)
      return out.message({ _tag: "Event", method: index, payload: routed.payload, bytes })
    }
    const id = ++this.#lastId
    if (plan.acknowledged) this.#acknowledged.add(id)
    if (routed.reason !== undefined) return out.refuse("duty", id, index, routed.reason)
    out.message({ _tag: "Request", id, method: index, payload: routed.payload, timeoutMillis: 0, headers: undefined })
  }

  /** Writes an answer, and answers its payload bytes. */
  answer(answer: AnswerMessage, out: Out): number | Refusal {
    if (this.#acknowledged.delete(answer.id)) return unheard(answer, this.#plans[answer.method], out)
    const message = Answer.write(answer, this.#plans[answer.method])
    if ("_tag" in message) return message
    if (Control.read(message, this.#version) !== undefined) return Control.refusal
    const written = this.#framer.write(message, out.buffer)
    return typeof written === "number" ? message.content.length : written
  }
}

/** The client went on when it was acknowledged; who runs the server learns what has become of it. */
const unheard = (answer: AnswerMessage, plan: Plan | undefined, out: Out): number => {
  if (answer._tag === "Success") return 0
  const why = answer._tag === "Defect" ? answer.reason._tag : "a typed error"
  const detail = `${plan?.method.tag ?? "a request"} failed (${why}) after it was acknowledged, which its caller does not learn`
  out.refuse("none", 0, -1, { _tag: "Malformed", detail })
  return 0
}
