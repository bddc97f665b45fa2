/** What a measured process is told to become, and the name under which it reports. */
import type { ClientPlace, ServerPlace, Transport } from "./subject.ts"

export type Job = {
  readonly subject: string
  readonly transport: Transport
  /** Where the bench waits for this process. */
  readonly control: string
} & (
  | { readonly role: "server"; readonly place: ServerPlace }
  | { readonly role: "client"; readonly place: ClientPlace }
)

/** The name a process reports under. */
export const nameOf = ({ role, subject, transport }: Job): string => `${role} of ${subject} (${transport})`
