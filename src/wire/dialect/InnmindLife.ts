/**
 * The life of a connection of innmind/ipc, seen from one side: greeting, acknowledgements, and the end.
 *
 * ```
 * client                                server
 *                            <- start     on accepting
 *   startOk ->                            open, on both sides
 *   a message ->             <- received  before anybody looks at it
 *                            <- a message 4.x: is not acknowledged; 5.x: ack ->
 *   close ->                 <- closeOk   either side may close
 * ```
 * Law 1: whoever says close gets closeOk, in every state, as a 4.x server waits for it for ever.
 * Law 2: before the connection is open, and once it is over, no message of a user is handed on.
 * Law 3: nothing is said after the end, nor handed on.
 *
 * It has no clock: who uses it bounds how long each state may last.
 *
 * @since 0.1.0
 */
import type { MediaMessage } from "../framing/MediaFrame.ts"
import * as Control from "./InnmindControl.ts"

/** Where a life tells what must happen. */
export interface LifeSink {
  /** Says a control message to the peer. */
  say(message: MediaMessage): void
  /** The greeting is over: messages may be sent. */
  opened(): void
  /** A message of a user came. It was acknowledged, where that is due. */
  user(message: MediaMessage): void
  /** The peer has the oldest message of a user that it has not said so of. */
  acknowledged(): void
  /** The peer said something that only shows that it is there. */
  alive(): void
  /** The connection is over: one side closed it, which was the peer or not, and the other agreed. */
  over(byPeer: boolean): void
}

export class Life {
  readonly #role: "dialer" | "acceptor"
  readonly #version: Control.Version
  readonly #sink: LifeSink
  state: "greeting" | "open" | "closing" | "over" = "greeting"

  constructor(role: "dialer" | "acceptor", version: Control.Version, sink: LifeSink) {
    this.#role = role
    this.#version = version
    this.#sink = sink
  }

  /** Begins: the server speaks first. */
  start(): void {
    if (this.#role === "acceptor") this.#say("start")
  }

  /** Takes a message that the peer sent. */
  receive(message: MediaMessage): void {
    if (this.state === "over") return
    const control = Control.read(message, this.#version)
    if (control === "close") return this.#agree()
    if (this.state === "greeting") return this.#greet(control)
    if (this.state === "closing") return control === "closeOk" ? this.#end(false) : undefined
    if (control === undefined) {
      this.acknowledge()
      this.#sink.user(message)
    } else if (control === "received") {
      this.#sink.acknowledged()
    } else {
      this.#sink.alive()
    }
  }

  /** Says that a message of a user has come, where that is due; whether it could be understood or not. */
  acknowledge(): void {
    if (this.state === "open" && (this.#role === "acceptor" || this.#version === 5)) this.#say("received")
  }

  /** Says that this side is there. */
  beat(): void {
    if (this.state === "open" || this.state === "closing") this.#say("heartbeat")
  }

  /** Begins to close; `over` is told when the peer has agreed. */
  close(): void {
    if (this.state !== "greeting" && this.state !== "open") return
    // A server takes no close before the greeting, and one whose client just leaves forgets what it has carried.
    if (this.state === "greeting" && this.#role === "dialer") this.#say("startOk")
    this.state = "closing"
    this.#say("close")
  }

  #greet(control: Control.Control | undefined): void {
    if (control !== (this.#role === "dialer" ? "start" : "startOk")) return
    this.state = "open"
    if (this.#role === "dialer") this.#say("startOk")
    this.#sink.opened()
  }

  #agree(): void {
    const crossed = this.state === "closing"
    this.#say("closeOk")
    this.#end(!crossed)
  }

  #end(byPeer: boolean): void {
    this.state = "over"
    this.#sink.over(byPeer)
  }

  #say(control: Control.Control): void {
    this.#sink.say(Control.message(control, this.#version))
  }
}
