import { child, duplexes, memory, unixSocket } from "./subjects.ts"
import { suite } from "./suite.ts"

for (const subject of [memory, unixSocket, duplexes, child]) suite(subject)
