import { binary, child, duplexes, memory, unixSocket } from "./subjects.ts"
import { suite } from "./suite.ts"

for (const subject of [memory, binary, unixSocket, duplexes, child]) suite(subject)
