import { all } from "./subjects.ts"
import { suite } from "./suite.ts"

for (const subject of all) suite(subject)
