import {
  binary,
  child,
  duplexes,
  faulty,
  fifos,
  memory,
  tcp,
  tcpWithTls,
  unixSocket,
  values,
  webSocket
} from "./subjects.ts"
import { suite } from "./suite.ts"

for (const subject of [memory, binary, values, faulty, unixSocket, fifos, tcp, tcpWithTls, webSocket, duplexes, child])
  suite(subject)
