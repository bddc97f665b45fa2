import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import type { MediaMessage } from "../../../src/wire/framing/MediaFrame.ts"
import * as Control from "../../../src/wire/dialect/InnmindControl.ts"
import { Life, type LifeSink } from "../../../src/wire/dialect/InnmindLife.ts"
import { message, vector, written } from "../innmind.ts"
import { hex } from "../tools.ts"

const controls = ["start", "startOk", "close", "closeOk", "heartbeat", "received"] as const

const user = message("text/plain", "ping")
const textOf = ({ content }: MediaMessage): string => Buffer.from(content).toString()

/** Takes down what a life tells: what it says with `>`. */
class Told implements LifeSink {
  readonly lines: Array<string> = []
  readonly #version: Control.Version

  constructor(version: Control.Version) {
    this.#version = version
  }
  say(one: MediaMessage): void {
    this.lines.push(`> ${Control.read(one, this.#version)}`)
  }
  opened(): void {
    this.lines.push("opened")
  }
  user(one: MediaMessage): void {
    this.lines.push(`user ${textOf(one)}`)
  }
  acknowledged(): void {
    this.lines.push("acknowledged")
  }
  alive(): void {
    this.lines.push("alive")
  }
  over(): void {
    this.lines.push("over")
  }
}

type Step = Control.Control | "user" | "do close" | "do beat"

/** Lives through steps, and answers what was told after the first `after` of them. */
const live = (
  role: "dialer" | "acceptor",
  steps: ReadonlyArray<Step>,
  { after = 0, version = 4 }: { readonly after?: number; readonly version?: Control.Version } = {}
): ReadonlyArray<string> => {
  const out = new Told(version)
  const life = new Life(role, version, out)
  life.start()
  steps.forEach((step, at) => {
    if (at === after) out.lines.length = 0
    if (step === "do close") life.close()
    else if (step === "do beat") life.beat()
    else life.receive(step === "user" ? user : Control.message(step, version))
  })
  return out.lines
}

describe("control messages", () => {
  it.each([
    ["start", "control-connection-start"],
    ["startOk", "control-connection-start-ok"],
    ["close", "control-connection-close"],
    ["closeOk", "control-connection-close-ok"],
    ["heartbeat", "control-heartbeat"],
    ["received", "control-message-received"]
  ] as const)("are those of the library: %s", (control, name) => {
    assert.strictEqual(hex(written(Control.message(control, 4)).chunks[0]!), hex(vector(name)))
    assert.strictEqual(Control.read(Control.message(control, 4), 4), control)
  })

  it("acknowledge in the way of their version, and are understood in both", () => {
    assert.strictEqual(hex(written(Control.message("received", 5)).chunks[0]!), hex(vector("v5-ack")))
    for (const version of [4, 5] as const) {
      assert.strictEqual(Control.read(Control.message("received", 4), version), "received")
      assert.strictEqual(Control.read(Control.message("received", 5), version), "received")
    }
  })

  it("are told by media type and content in 4.x, by content alone in 5.x", () => {
    const close = message("application/json", "innmind/ipc:connection.close")
    assert.isUndefined(Control.read(close, 4))
    assert.strictEqual(Control.read(close, 5), "close")
    assert.isUndefined(Control.read(message("text/plain; charset=utf-8", "innmind/ipc:heartbeat"), 4))
    assert.isUndefined(Control.read(message("text/plain", "innmind/ipc:heartbeat "), 5))
    assert.isUndefined(Control.read(message("text/plain", "innmind/ipc:other"), 4))
  })
})

describe("the life of a client", () => {
  it("answers the greeting, and is open", () => {
    assert.deepStrictEqual(live("dialer", ["start"]), ["> startOk", "opened"])
  })

  it("does not speak before the server does, nor hands anything on", () => {
    assert.deepStrictEqual(live("dialer", ["heartbeat", "user", "received", "startOk", "closeOk", "do beat"]), [])
  })

  it("hands a message on without a word", () => {
    assert.deepStrictEqual(live("dialer", ["start", "user"], { after: 1 }), ["user ping"])
  })

  it("acknowledges a message to a server of the 5.x line", () => {
    assert.deepStrictEqual(live("dialer", ["start", "user"], { after: 1, version: 5 }), ["> received", "user ping"])
  })

  it("takes acknowledgements and heartbeats, and no greeting a second time", () => {
    const told = live("dialer", ["start", "received", "heartbeat", "start", "startOk", "closeOk"], { after: 1 })
    assert.deepStrictEqual(told, ["acknowledged", "alive", "alive", "alive", "alive"])
  })

  it("closes, whatever else comes before the server agrees", () => {
    const told = live("dialer", ["start", "do close", "user", "heartbeat", "received", "closeOk"], { after: 1 })
    assert.deepStrictEqual(told, ["> close", "over"])
  })

  it("agrees to a close that crosses its own, as the server waits for that", () => {
    assert.deepStrictEqual(live("dialer", ["start", "do close", "close"], { after: 2 }), ["> closeOk", "over"])
  })

  it("closes before the greeting with a greeting of its own", () => {
    assert.deepStrictEqual(live("dialer", ["do close"]), ["> startOk", "> close"])
  })
})

describe("the life of a server's connection", () => {
  it("greets first", () => {
    const out = new Told(4)
    new Life("acceptor", 4, out).start()
    assert.deepStrictEqual(out.lines, ["> start"])
  })

  it("hands nothing on, nor acknowledges, before the client has answered the greeting", () => {
    assert.deepStrictEqual(live("acceptor", ["user", "heartbeat", "received", "start", "closeOk", "do beat"]), [])
    assert.deepStrictEqual(live("acceptor", ["user", "startOk"], { after: 1 }), ["opened"])
  })

  it.each([4, 5] as const)("acknowledges a message before it hands it on, in version %d", (version) => {
    assert.deepStrictEqual(live("acceptor", ["startOk", "user"], { after: 1, version }), ["> received", "user ping"])
  })

  it("never hands a control message on", () => {
    const others = controls.filter((control) => control !== "close")
    for (const version of [4, 5] as const) {
      const told = live("acceptor", ["startOk", ...others], { after: 1, version })
      assert.deepStrictEqual(told, ["alive", "alive", "alive", "alive", "acknowledged"])
    }
  })

  it("agrees to a close in every state", () => {
    for (const before of [[], ["startOk"], ["startOk", "do close"]] as ReadonlyArray<ReadonlyArray<Step>>) {
      const told = live("acceptor", [...before, "close"], { after: before.length })
      assert.deepStrictEqual(told, ["> closeOk", "over"])
    }
  })

  it("closes, and takes nothing more until the client agrees", () => {
    const told = live("acceptor", ["startOk", "do close", "user", "do close", "closeOk"], { after: 1 })
    assert.deepStrictEqual(told, ["> close", "over"])
  })

  it("still says that it is there while it closes", () => {
    assert.deepStrictEqual(live("acceptor", ["startOk", "do close", "do beat"], { after: 2 }), ["> heartbeat"])
  })
})

describe("any life", () => {
  const step = fc.constantFrom<Step>(...controls, "user", "do close", "do beat")

  it("hands on and says nothing after its end, which comes once", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("dialer", "acceptor"),
        fc.constantFrom(4, 5),
        fc.array(step),
        (role, version, steps) => {
          const told = live(role, steps, { version })
          const over = told.indexOf("over")
          if (over >= 0) assert.strictEqual(over, told.length - 1)
          // Whoever says close first hears that this side agrees, or agrees itself.
          assert.isAtMost(told.filter((line) => line === "> close").length, 1)
          assert.isAtMost(told.filter((line) => line === "> closeOk").length, 1)
          const opened = told.indexOf("opened")
          const handed = told.findIndex((line) => line.startsWith("user"))
          if (handed >= 0) assert.isTrue(opened >= 0 && opened < handed)
        }
      )
    )
  })
})
