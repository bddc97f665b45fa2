/** The wires, as both ends of a subject speak them. */
import * as NodeWire from "../../src/node/NodeWire.ts"
import * as HxInterop from "../../src/wire/dialect/HxInterop.ts"
import * as Innmind from "../../src/wire/dialect/Innmind.ts"
import * as StreamIpc from "../../src/wire/dialect/StreamIpc.ts"
import type { Wire } from "../../src/wire/Wire.ts"

export const wires = {
  native: NodeWire.privateWire,
  hx: () => HxInterop.wire(),
  "php-json": () => StreamIpc.wire({ serializer: "json" }),
  "php-serialize": () => StreamIpc.wire({ serializer: "php" }),
  "php-old": () => StreamIpc.wire({ generation: "old", serializer: "json" }),
  innmind: () => Innmind.wire()
} satisfies Readonly<Record<string, () => Wire>>

export type Name = keyof typeof wires
