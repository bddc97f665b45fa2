import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Sayable from "../../src/peer/Sayable.ts"
import * as Event from "../../src/protocol/Event.ts"
import * as Protocol from "../../src/protocol/Protocol.ts"
import * as Request from "../../src/protocol/Request.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import type { Can, Lexicon } from "../../src/wire/Wire.ts"
import { reasonOf } from "./reasons.ts"

class Plain extends Request.Class<Plain>()("Plain") {}
class Failing extends Request.Class<Failing>()("Failing", { error: Schema.String }) {}
class Streamed extends Request.Class<Streamed>()("Streamed", { stream: Schema.Int }) {}
class Fed extends Request.Class<Fed>()("Fed", { input: Schema.Int }) {}
class Slow extends Request.Class<Slow>()("Slow", { progress: Schema.Int }) {}
class Said extends Event.Class<Said>()("Said") {}

const native = Native.wire()
const version = "1.0.0"
const toServer = { toServer: false, toClient: true }
const toClient = { toServer: true, toClient: false }

describe("a wire", () => {
  it("that can say everything refuses nothing", () => {
    const all = [Plain, Failing, Streamed, Fed, Slow, Said] as const
    assert.isUndefined(
      Sayable.check(Protocol.make("all", { version, server: all, client: all }), "client", native, "memory")
    )
  })

  const table: ReadonlyArray<readonly [Partial<Can>, Protocol.AnyProtocol, string, string]> = [
    [{ correlate: "none" }, Protocol.make("p", { version, server: [Said, Plain] }), "Plain", "answers"],
    [{ fault: false }, Protocol.make("p", { version, server: [Plain, Failing] }), "Failing", "typed errors"],
    [{ stream: false }, Protocol.make("p", { version, server: [Plain, Streamed] }), "Streamed", "streams"],
    [{ input: false }, Protocol.make("p", { version, server: [Plain, Fed] }), "Fed", "inputs"],
    [{ progress: false }, Protocol.make("p", { version, server: [Plain, Slow] }), "Slow", "progress"],
    [
      { ask: false },
      Protocol.make("p", { version, server: [Plain], client: [Plain] }),
      "Plain",
      "requests to the client"
    ],
    [{ stream: false }, Protocol.make("p", { version, server: [], client: [Streamed] }), "Streamed", "streams"],
    [{ events: toServer }, Protocol.make("p", { version, server: [Said] }), "Said", "events in this direction"],
    [
      { events: toClient },
      Protocol.make("p", { version, server: [], client: [Said] }),
      "Said",
      "events in this direction"
    ]
  ]
  it.each(table)("that lacks %j refuses what needs it, and names it", (lacks, protocol, method, missing) => {
    const poor = { ...native, name: "poor", can: { ...native.can, ...lacks } }
    const reason = reasonOf(Sayable.check(protocol, "server", poor, "fifo:/a"), "Unsayable")
    assert.deepStrictEqual(
      [reason.address, reason.method, reason.detail],
      ["fifo:/a", method, `the wire poor has no ${missing}`]
    )
  })

  it.each(["client", "server"] as const)("may object to how a protocol is mapped, seen from the %s", (side) => {
    const protocol = Protocol.make("p", { version, server: [Plain, Said] })
    const picky = {
      ...native,
      objection: ({ answers, says }: Lexicon) => ({ tag: "Said", detail: `${says.length} and ${answers.length}` })
    }
    const reason = reasonOf(Sayable.check(protocol, side, picky, "memory"), "Unsayable")
    assert.deepStrictEqual([reason.method, reason.detail], ["Said", side === "client" ? "2 and 0" : "0 and 2"])
  })

  it("need not say what the protocol does not have", () => {
    const poorest: Can = {
      ...native.can,
      cancel: false,
      stream: false,
      input: false,
      progress: false,
      events: { toServer: false, toClient: false },
      fault: false,
      ask: false
    }
    assert.isUndefined(
      Sayable.check(Protocol.make("p", { version, server: [Plain] }), "client", { ...native, can: poorest }, "memory")
    )
    const eventsOnly: Can = { ...poorest, correlate: "none", events: { toServer: true, toClient: false } }
    assert.isUndefined(
      Sayable.check(Protocol.make("p", { version, server: [Said] }), "client", { ...native, can: eventsOnly }, "memory")
    )
  })
})
