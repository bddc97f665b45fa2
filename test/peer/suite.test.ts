import { child, duplexes, memory, tcp, tcpWithTls, unixSocket, webSocket } from "./subjects.ts"
import { suite } from "./suite.ts"

for (const subject of [memory, unixSocket, tcp, tcpWithTls, webSocket, duplexes, child]) suite(subject)
