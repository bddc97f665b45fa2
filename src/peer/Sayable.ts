/**
 * Whether a wire can say what a protocol needs, and may say what it is given.
 *
 * @since 0.1.0
 */
import type { AnyProtocol, Member, Side } from "../protocol/Protocol.ts"
import type { Can, Wire } from "../wire/Wire.ts"
import { IpcError, Unsayable } from "./IpcError.ts"
import { compile } from "./Lexicon.ts"
import type { PeerOptions } from "./Options.ts"

/** Answers the error for the first request or event that the wire cannot say. */
export const check = (protocol: AnyProtocol, side: Side, wire: Wire, address: string): IpcError | undefined => {
  const { can } = wire
  const said = [
    ...protocol.server.map((member) => ({ member, missing: lacks(member, can, can.events.toServer) })),
    ...protocol.client.map((member) => ({
      member,
      missing:
        member.kind === "request" && !can.ask ? "requests to the client" : lacks(member, can, can.events.toClient)
    }))
  ]
  const unsayable = said.find(({ missing }) => missing !== undefined)
  if (unsayable !== undefined) {
    const detail = `the wire ${wire.name} has no ${unsayable.missing}`
    return new IpcError({ reason: new Unsayable({ address, method: unsayable.member.tag, detail }) })
  }
  const objection = wire.objection?.(compile(protocol, side))
  if (objection === undefined) return undefined
  return new IpcError({ reason: new Unsayable({ address, method: objection.tag, detail: objection.detail }) })
}

/** Answers the error for a secret that would be sent where others may read it. */
export const checkSecret = (
  { address, overheard, wire }: { address: string; wire: Wire; overheard?: boolean | undefined },
  { secret }: PeerOptions
): IpcError | undefined => {
  if (secret === undefined || overheard !== true || wire.proof !== undefined) return undefined
  const detail = `the wire ${wire.name} would send the secret where others may read it; give the wire a proof, on both sides, or use TLS`
  return new IpcError({ reason: new Unsayable({ address, detail }) })
}

const lacks = (member: Member, can: Can, events: boolean): string | undefined => {
  if (member.kind === "event") return events ? undefined : "events in this direction"
  const { error, input, progress, stream } = member.spec
  if (can.correlate === "none") return "answers"
  if (stream !== undefined && !can.stream) return "streams"
  if (input !== undefined && !can.input) return "inputs"
  if (progress !== undefined && !can.progress) return "progress"
  if (error !== undefined && !can.fault) return "typed errors"
  return undefined
}
