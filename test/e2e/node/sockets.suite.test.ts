import { suite } from "../../transport/suite.ts"
import * as Subjects from "../../transport/subjects.ts"

const { duplex, streams, tcpAcceptor, tcpDialler, tlsAcceptor, tlsDialler, unixAcceptor, unixDialler } = Subjects
const { webSocketAcceptor, webSocketDialler } = Subjects

for (const subject of [unixDialler, unixAcceptor, duplex, streams]) suite(subject)
for (const subject of [tcpDialler, tcpAcceptor, tlsDialler, tlsAcceptor]) suite(subject)
for (const subject of [webSocketDialler, webSocketAcceptor]) suite(subject)
