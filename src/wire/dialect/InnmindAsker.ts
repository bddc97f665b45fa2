/**
 * The client's side of innmind/ipc: requests and events one at a time, acknowledgements by order, answers by order.
 *
 * Law 1: one message at most is on its way without its acknowledgement; the next waits. A session asks one call and says
 * one event at a time, so at most two wait.
 * Law 2: a server of the 5.x line waits for the acknowledgement of its answer and takes any other message for a failure
 * of the whole: towards one, nothing else is sent until the answer has come.
 *
 * @since 0.1.0
 */
import type { Message, Refusal } from "../../session/Message.ts"
import type { MediaFramer, MediaMessage } from "../framing/MediaFrame.ts"
import type { Out } from "../Wire.ts"
import * as Answer from "./InnmindAnswer.ts"
import * as Content from "./InnmindContent.ts"
import * as Control from "./InnmindControl.ts"
import type { Life } from "./InnmindLife.ts"
import type { Plan } from "./InnmindMapping.ts"
import * as Body from "./NativeBody.ts"

/** A request or event that was said, and waits to be sent, to be acknowledged, or to be answered. */
interface Said {
  readonly message: MediaMessage
  readonly index: number
  readonly plan: Plan
  /** That of the call; 0 for an event. */
  readonly id: number
}

export class Asker {
  readonly #plans: ReadonlyArray<Plan>
  readonly #version: Control.Version
  readonly #framer: MediaFramer
  readonly #life: Life
  readonly #waiting: Array<Said> = []
  #sent: Said | undefined
  #asked: Said | undefined

  constructor(plans: ReadonlyArray<Plan>, version: Control.Version, framer: MediaFramer, life: Life) {
    this.#plans = plans
    this.#version = version
    this.#framer = framer
    this.#life = life
  }

  /** Whether something is awaited of the server. */
  get waits(): boolean {
    return this.#sent !== undefined || this.#asked !== undefined
  }

  /** Says a request or event, and answers its payload bytes: at once, or when its turn has come. */
  say(message: Extract<Message, { readonly _tag: "Request" | "Event" }>, out: Out): number | Refusal {
    const plan = this.#plans[message.method]!
    let content: Uint8Array
    try {
      content = Content.ofPayload(plan, message.payload)
    } catch (error) {
      return Body.invalid("payload", error)
    }
    // Bytes are the caller's own, who may write other ones there while these wait.
    if (plan.payload.content === "bytes" && !this.#isFree) content = new Uint8Array(content)
    const said: MediaMessage = { mediaType: plan.payload.mediaType, content }
    const unfit = this.#unfit(said)
    if (unfit !== undefined) return unfit
    const id = message._tag === "Request" ? message.id : 0
    this.#waiting.push({ message: said, index: message.method, plan, id })
    this.#send(out)
    return content.length
  }

  /** Does not send a call that its caller has given up. One that was sent is still answered, until this side leaves. */
  cancel(id: number): void {
    this.#drop((said) => said.id === id)
  }

  /** Sends the events that wait, where that is safe: the calls are over, and nothing comes after the end. */
  leave(out: Out): void {
    this.#drop(({ id }) => id !== 0)
    const isSafe = this.#version === 4 || this.#asked === undefined
    this.#asked = undefined
    if (this.#life.state !== "open") return
    for (const { message, plan } of this.#waiting.splice(0)) {
      if (isSafe) this.#framer.write(message, out.buffer)
      else out.refuse("none", 0, -1, { _tag: "Disconnected", detail: `the event ${plan.method.tag} was not sent` })
    }
  }

  /** The server may be sent to. */
  opened(out: Out): void {
    this.#send(out)
  }

  /** The server has what was sent. */
  acknowledged(out: Out): void {
    const sent = this.#sent
    if (sent === undefined) return
    this.#sent = undefined
    this.#send(out)
    if (sent.id === 0) out.message({ _tag: "Credit", of: "events", id: 0, items: 1, bytes: 0 })
    else if (sent.plan.acknowledged) out.message({ _tag: "Success", id: sent.id, method: sent.index, value: undefined })
  }

  /** The server has sent a message: the answer. */
  user(message: MediaMessage, out: Out): void {
    const asked = this.#asked
    if (asked === undefined) return this.#unasked(out)
    this.#asked = undefined
    this.#send(out)
    const answer = Answer.read(message, asked)
    if (answer._tag === "Unread") out.refuse("call", asked.id, asked.index, answer.reason)
    else out.message(answer)
  }

  /** The server has sent a message that nobody can read. */
  unreadable(reason: Refusal, out: Out): void {
    const asked = this.#asked
    this.#asked = undefined
    this.#send(out)
    if (asked === undefined) out.refuse("none", 0, -1, reason)
    else out.refuse("call", asked.id, asked.index, reason)
  }

  #unasked(out: Out): void {
    const reason: Refusal = { _tag: "Malformed", detail: "an answer that nobody waits for" }
    // A call that waits for its acknowledgement alone must not be settled by it.
    if (this.waits) out.refuse("none", 0, -1, reason)
    else out.message({ _tag: "Defect", id: 0, method: -1, reason })
  }

  /** Whether something may be sent at once. */
  get #isFree(): boolean {
    if (this.#life.state !== "open" || this.#sent !== undefined) return false
    return this.#version === 4 || this.#asked === undefined
  }

  #send(out: Out): void {
    if (!this.#isFree) return
    const next = this.#waiting.shift()
    if (next === undefined) return
    this.#sent = next
    if (next.id !== 0 && !next.plan.acknowledged) this.#asked = next
    this.#framer.write(next.message, out.buffer)
  }

  #drop(is: (said: Said) => boolean): void {
    this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter((said) => !is(said)))
  }

  #unfit(message: MediaMessage): Refusal | undefined {
    if (Control.read(message, this.#version) !== undefined) return Control.refusal
    const size = this.#framer.measure(message)
    return typeof size === "number" ? undefined : size
  }
}
