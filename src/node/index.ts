/**
 * Links of this machine: stdio, child processes, Unix sockets, TCP, and streams and sockets a program already has.
 *
 * @since 0.1.0
 */
export * as ChildProcess from "./ChildProcess.ts"
export * as DuplexLink from "./DuplexLink.ts"
export * as SocketLink from "./SocketLink.ts"
export * as Stdio from "./Stdio.ts"
export * as Tcp from "./Tcp.ts"
export * as UnixSocket from "./UnixSocket.ts"
