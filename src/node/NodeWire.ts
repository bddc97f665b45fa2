/**
 * The wires that the links of this room speak when they are told nothing else.
 *
 * @internal
 * @since 0.1.0
 */
import * as Proof from "./Proof.ts"
import * as Native from "../wire/dialect/Native.ts"
import type { Checksum } from "../wire/framing/Crc32.ts"
import type { Wire } from "../wire/Wire.ts"

/** Node's own, loaded when it is first needed: 2 ms of a start. */
const checksum: Checksum = (bytes, seed) => (crc32 ??= process.getBuiltinModule("node:zlib").crc32)(bytes, seed)
let crc32: Checksum | undefined

/** For a socket, which no one else writes to. */
export const privateWire = (): Wire => Native.wire({ checksum })

/** For a socket to another machine, which may go without a word, and that others may read or dial. */
export const distantWire = (): Wire => Native.wire({ checksum, heartbeat: "30 seconds", proof: Proof.hmac })

/** For a descriptor that stray output may reach: every payload carries a checksum. */
export const sharedWire = (): Wire => Native.wire({ checksum, crc: true })

/**
 * For what reads such a descriptor and writes to one of its own, as who starts a child: a sum of large frames costs as
 * much as sending them.
 */
export const childWire = (): Wire => Native.wire({ checksum, strays: true })
