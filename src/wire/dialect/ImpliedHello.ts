/**
 * The Hello of a peer that says none: what it would say if it did, that it is the other side of the same protocol.
 *
 * @since 0.1.0
 */
import * as Greeting from "../../session/Greeting.ts"
import type { Hello } from "../../session/Message.ts"
import type { Lexicon } from "../Wire.ts"

/** Answers it for the side that has this lexicon, with the limits that such a peer has. */
export const helloOf = ({ answers, fingerprint, protocol, version }: Lexicon, limits: Hello["limits"]): Hello => ({
  wireVersion: Greeting.wireVersion,
  protocol,
  version,
  fingerprint,
  methods: answers.map(({ tag }) => tag),
  payloads: ["json"],
  limits,
  features: []
})
