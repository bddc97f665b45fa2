import { suite } from "../../transport/suite.ts"
import { streams, tcp, unixAcceptor, unixDialler } from "../../transport/subjects.ts"

for (const subject of [unixDialler, unixAcceptor, tcp, streams]) suite(subject)
