/**
 * The wires that the links of this room speak when they are told nothing else.
 *
 * @internal
 * @since 0.1.0
 */
import * as Zlib from "node:zlib"
import * as Native from "../wire/dialect/Native.ts"
import type { Wire } from "../wire/Wire.ts"

/** For a socket, which no one else writes to. */
export const privateWire = (): Wire => Native.wire({ checksum: Zlib.crc32 })

/** For a descriptor that stray output may reach: every payload carries a checksum. */
export const sharedWire = (): Wire => Native.wire({ checksum: Zlib.crc32, crc: true })
