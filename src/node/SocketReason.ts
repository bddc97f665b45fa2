/**
 * What the errors of Effect's sockets say, in the words of links.
 *
 * @internal
 * @since 0.1.0
 */
import type { SocketError } from "effect/socket/Socket"
import type { EndReason } from "../transport/Link.ts"

/** Close codes of a WebSocket that are an orderly end: normal, going away, none given. */
const orderly = [1000, 1001, 1005]

/** Every end of a socket is an error to Effect; to a link an orderly one is not. */
export const ofEnd = ({ reason }: SocketError): EndReason => {
  if (reason._tag !== "SocketCloseError") {
    const stage = reason._tag === "SocketWriteError" ? "write" : "read"
    return { _tag: "Broken", stage, detail: causeOf(reason.cause) ?? reason.message }
  }
  const { closeReason, code } = reason
  const detail = closeDetail(code, closeReason)
  if (!orderly.includes(code)) return { _tag: "Broken", stage: "read", detail }
  return code === 1001 || closeReason ? { _tag: "Ended", detail } : { _tag: "Ended" }
}

/** Says why a socket did not open. */
export const ofOpening = ({ reason }: SocketError): string => {
  if (reason._tag === "SocketCloseError") {
    return `the server closed it at once (${closeDetail(reason.code, reason.closeReason)}); check the address and the server`
  }
  return reason._tag === "SocketOpenError" && reason.kind === "Timeout"
    ? "it did not open in time; check the address, and that the server speaks this kind of socket"
    : `it did not open${inBrackets(causeOf(reason.cause))}; check that the server runs, and the address`
}

const inBrackets = (cause: string | undefined): string => (cause === undefined ? "" : ` (${cause})`)

const closeDetail = (code: number, closeReason: string | undefined): string =>
  closeReason ? `close code ${code}: ${closeReason}` : `close code ${code}`

/** A WebSocket tells an event; the error is in it, or only its message, or nothing. */
const causeOf = (cause: unknown): string | undefined => {
  const { code, error, message } = (cause ?? {}) as { readonly [key: string]: unknown }
  if (typeof code === "string") return code
  const inner = error === undefined ? undefined : causeOf(error)
  return inner ?? (typeof message === "string" && message !== "" ? message : undefined)
}
