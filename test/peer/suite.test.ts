import { child, duplexes, memory, messagePorts, unixSocket, worker } from "./subjects.ts"
import { suite } from "./suite.ts"

for (const subject of [memory, unixSocket, duplexes, child, messagePorts, worker]) suite(subject)
