import * as Shapes from "../../src/peer/Shapes.ts"
import * as Native from "../../src/wire/dialect/Native.ts"
import type { Wire } from "../../src/wire/Wire.ts"
import { type Subject, suite } from "./suite.ts"
import { checksum } from "./tools.ts"

const inBinary = (wire: Wire): Wire => ({
  ...wire,
  open: (lexicon, options) => wire.open(lexicon, { ...options, binary: true })
})

await Shapes.loadBinary()

const subjects: ReadonlyArray<Subject> = [
  { name: "native", wire: Native.wire({ checksum }), fixtures: "native" },
  { name: "native with CRC", wire: Native.wire({ checksum, crc: true }), fixtures: "native/crc" },
  { name: "native in binary", wire: inBinary(Native.wire({ checksum })), fixtures: "native/binary" },
  {
    name: "native in binary, with CRC",
    wire: inBinary(Native.wire({ checksum, crc: true })),
    fixtures: "native/binary/crc"
  }
]

for (const subject of subjects) suite(subject)
