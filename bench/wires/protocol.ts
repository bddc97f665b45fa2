/** What every wire can say: calls. */
import * as Protocol from "../../src/protocol/Protocol.ts"
import { Add } from "../subjects/effect-ipc/protocol.ts"

export const Calls = Protocol.make("calls", { version: "1.0.0", server: [Add] })
