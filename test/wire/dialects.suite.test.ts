import * as Native from "../../src/wire/dialect/Native.ts"
import { type Subject, suite } from "./suite.ts"
import { checksum } from "./tools.ts"

const subjects: ReadonlyArray<Subject> = [
  { name: "native", wire: Native.wire({ checksum }), fixtures: "native" },
  { name: "native with CRC", wire: Native.wire({ checksum, crc: true }), fixtures: "native/crc" }
]

for (const subject of subjects) suite(subject)
