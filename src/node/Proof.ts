/**
 * Proofs of a secret, for wires of links that others could read or answer: then it is never sent.
 *
 * TCP has them by default. Give them to the wire of a link that you make yourself, on both sides.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Native from "effect-ipc/Native"
 * import * as DuplexLink from "effect-ipc/node/DuplexLink"
 * import * as Proof from "effect-ipc/node/Proof"
 * import { Transport } from "effect-ipc/Transport"
 * import * as Net from "node:net"
 *
 * const wire = Native.wire({ proof: Proof.hmac })
 * const address = "tcp:10.0.0.7:4000"
 * const dial = Effect.sync(() => Net.connect({ host: "10.0.0.7", port: 4000, allowHalfOpen: true }))
 * const open = Effect.flatMap(dial, (socket) => DuplexLink.fromDuplex(socket, { address }))
 * export const transport = Layer.succeed(Transport, { address, wire, open })
 * ```
 *
 * @since 0.1.0
 */
import type * as Crypto from "node:crypto"
import type { Prover } from "../wire/Wire.ts"

/** Node's own, loaded when it is first needed: who has no secret does not pay for it. */
const crypto = () => (loaded ??= process.getBuiltinModule("node:crypto"))
let loaded: typeof Crypto | undefined

const nonceBytes = 16

/**
 * Proves by HMAC-SHA-256, whose key is the secret in UTF-8, as 64 hexadecimal digits. Nonces are 128 random bits.
 *
 * @category constructors
 * @since 0.1.0
 */
export const hmac: Prover = {
  nonce: () => crypto().randomBytes(nonceBytes).toString("hex"),
  of: (secret, text) => crypto().createHmac("sha256", secret).update(text).digest("hex")
}
