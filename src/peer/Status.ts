/**
 * Whether a client can ask, and if not, why: its status, and who watches it.
 *
 * Law: after `Closed` nothing changes any more. Who watches hears of statuses in their order, and may miss one that was
 * over before it was told.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { IpcError } from "./IpcError.ts"

/**
 * The link is open, or about to be, and the peer's Hello has not been accepted yet.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connecting {
  readonly _tag: "Connecting"
}

/**
 * The peer's Hello was accepted. `version` is that of its protocol, `pid` its process, where the wire tells them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ready {
  readonly _tag: "Ready"
  readonly version: string | undefined
  readonly pid: number | undefined
}

/**
 * There is no connection, and another is about to be opened. Only with the option `reconnect`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reconnecting {
  readonly _tag: "Reconnecting"
  /** What ended the connection, or failed the last attempt. */
  readonly error: IpcError
  /** Which attempt comes, or runs: 1 is the first since a connection was ready. */
  readonly attempt: number
  /** How long after this status the attempt begins, in milliseconds; undefined while the schedule has not said. */
  readonly waitMillis: number | undefined
}

/**
 * There will be no connection any more: calls fail with `error`, or with the same of their own.
 *
 * @category models
 * @since 0.1.0
 */
export interface Closed {
  readonly _tag: "Closed"
  readonly error: IpcError
}

/**
 * What a client may be doing.
 *
 * @category models
 * @since 0.1.0
 */
export type Status = Connecting | Ready | Reconnecting | Closed

type Watcher = (status: Status) => void

const connecting: Connecting = { _tag: "Connecting" }

export class Statuses {
  #now: Status = connecting
  #watchers: Set<Watcher> | undefined

  get now(): Status {
    return this.#now
  }

  set(status: Status): void {
    if (this.#now._tag === "Closed") return
    this.#now = status
    for (const watcher of Array.from(this.#watchers ?? [])) {
      // Who was told may have changed it, and then the others know already what came after.
      if (this.#now !== status) return
      watcher(status)
    }
  }

  /** Tells `watcher` of every status from now on. Answers how to stop. */
  watch(watcher: Watcher): () => void {
    const watchers = (this.#watchers ??= new Set())
    watchers.add(watcher)
    return () => void watchers.delete(watcher)
  }

  /** Waits until it is ready; fails when it never will be. */
  get ready(): Effect.Effect<Ready, IpcError> {
    return Effect.callback((resume) => {
      const look = (status: Status): void => {
        if (status._tag !== "Ready" && status._tag !== "Closed") return
        stop()
        resume(status._tag === "Ready" ? Effect.succeed(status) : Effect.fail(status.error))
      }
      const stop = this.watch(look)
      look(this.#now)
      return Effect.sync(stop)
    })
  }
}

/** Where a client keeps its statuses: no tag of a protocol can be in the way, and a copy of a client has them too. */
export const key = Symbol.for("effect-ipc/Status")

/** The statuses of a client. A double that a test made has no connection that could be lost, so it is ready. */
export const of = (client: object): Statuses => (client as { readonly [key]?: Statuses })[key] ?? alwaysReady

const alwaysReady = new Statuses()
alwaysReady.set({ _tag: "Ready", version: undefined, pid: undefined })
