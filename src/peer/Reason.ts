/**
 * The plain facts of sessions, links and transports as typed errors.
 *
 * @since 0.1.0
 */
import type { Side } from "../session/Exchange.ts"
import type { Refusal } from "../session/Message.ts"
import type { EndReason } from "../transport/Link.ts"
import type { TransportError } from "../transport/TransportError.ts"
import * as Ipc from "./IpcError.ts"

/** Where an error happened: the peer's address, and the call, if it was in one. */
export interface Place {
  readonly address: string
  readonly method?: string
}

/** Makes the error of a refusal; `side` found out. */
export const fromRefusal = (refusal: Refusal, side: Side, place: Place, end?: EndReason): Ipc.IpcError =>
  new Ipc.IpcError({ reason: reasonOf(refusal, side, place, end) })

/** The refusal as the side that was dialled sees it: it did not want to connect anywhere. */
export const asAcceptor = (refusal: Refusal): Refusal =>
  refusal._tag === "HandshakeTimedOut"
    ? { _tag: "Disconnected", detail: `the peer has not finished the handshake within ${refusal.afterMillis} ms` }
    : refusal

const reasonOf = (refusal: Refusal, side: Side, place: Place, end: EndReason | undefined): Ipc.Reason => {
  switch (refusal._tag) {
    case "UnknownMethod":
      return new Ipc.UnknownMethod({ ...place, side })
    case "InvalidPayload":
      return new Ipc.InvalidPayload({ ...place, side, part: refusal.part, detail: refusal.detail })
    case "Oversized":
      return new Ipc.Oversized({ ...place, side, bytes: refusal.bytes, maxBytes: refusal.maxBytes })
    case "Overloaded":
      return new Ipc.Overloaded({ ...place, side, what: refusal.what, limit: refusal.limit })
    case "Draining":
      return new Ipc.Draining({ ...place, side })
    case "TimedOut":
      return new Ipc.TimedOut({ ...place, side, afterMillis: refusal.afterMillis })
    case "Malformed":
      return new Ipc.Malformed({ ...place, side, detail: refusal.detail })
    case "RemoteDefect":
      return new Ipc.RemoteDefect({
        ...place,
        detail: refusal.detail,
        ...(refusal.stack === undefined ? {} : { stackText: refusal.stack })
      })
    case "Incompatible":
      return new Ipc.Incompatible({ ...place, local: refusal.local, remote: refusal.remote })
    case "Unauthorized":
      return new Ipc.Unauthorized({ ...place, side, detail: refusal.detail })
    case "PeerSilent":
      return new Ipc.PeerSilent({ ...place, afterMillis: refusal.afterMillis })
    case "Disconnected":
      return new Ipc.Disconnected({ ...place, detail: refusal.detail, ...processFacts(end) })
    case "HandshakeTimedOut":
      return new Ipc.ConnectFailed({
        ...place,
        detail: `it is there, but has not finished the handshake within ${refusal.afterMillis} ms: is it an effect-ipc peer with the same wire?`
      })
    case "Unsayable":
      return new Ipc.Unsayable({ ...place, detail: refusal.detail })
  }
}

const processFacts = (end: EndReason | undefined) =>
  end?._tag !== "Exited"
    ? {}
    : {
        stderrTail: end.stderrTail,
        ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }),
        ...(end.signal === undefined ? {} : { signal: end.signal })
      }

/** Says in a sentence why a link ended. */
export const describeEnd = (end: EndReason): string => {
  switch (end._tag) {
    case "Ended":
      return end.detail === undefined ? "the peer ended the link" : `the peer ended the link (${end.detail})`
    case "Closed":
      return "closed by this side"
    case "Exited":
      return end.signal === undefined
        ? `the ${end.what ?? "process"} exited with code ${end.exitCode ?? "unknown"}`
        : `the ${end.what ?? "process"} was ended by ${end.signal}`
    case "Broken":
      return `the link broke in a ${end.stage} (${end.detail})`
  }
}

/** Makes the error of a transport that cannot open a link, or a listener that cannot listen. */
export const fromTransport = (error: TransportError): Ipc.IpcError => {
  const facts = { address: error.address, detail: error.detail }
  const reason = error.stage === "open" ? new Ipc.ConnectFailed(facts) : new Ipc.ListenFailed(facts)
  return new Ipc.IpcError({ reason })
}

/** The same error, as that of one call. */
export const ofCall = ({ reason }: Ipc.IpcError, method: string): Ipc.IpcError => {
  // Every reason has a method, if it is in one; which class it is makes no difference.
  const Same = reason.constructor as new (facts: object) => Ipc.Reason
  return new Ipc.IpcError({ reason: new Same({ ...reason, method }) })
}
