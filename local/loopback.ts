import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Server as AnyServer } from 'node:net';

/** The port belongs to somebody else. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
  constructor(port: number) {
    super(`Port ${port} is taken. Stop what listens there, or choose another: PORT=0 npm start takes any free one.`);
  }
}

/** How long requests that are under way may go on when a server stops. */
const DRAIN_MS = 2000;

/** Listens on 127.0.0.1; port 0 is any. @returns the port @throws {PortTaken} */
export async function listen(server: AnyServer, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const refuse = (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new PortTaken(port) : error);
  server.once('error', refuse);
  server.listen(port, '127.0.0.1', resolve);
  await promise.finally(() => server.off('error', refuse));
  return (server.address() as AddressInfo).port;
}

/** Listens on the port of last time where it is free, and otherwise on any. @returns the port */
export function listenAgain(server: Server, port: number): Promise<number> {
  return listen(server, port).catch((error: unknown) => {
    if (error instanceof PortTaken) return listen(server, 0);
    throw error;
  });
}

/** Serves requests on any port. A request whose handling fails loses its connection. */
export async function serveOnLoopback(handle: (...exchange: Parameters<RequestListener>) => Promise<void>) {
  // No keep-alive limit: a connection that closes while a request is under way would be a fault that nobody injected.
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const port = await listen(server, 0);
  return { endpoint: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
}

/** Says early what `listen` would say late. @throws {PortTaken} */
export async function requireFree(port: number): Promise<void> {
  const server = createServer();
  await listen(server, port);
  await closeServer(server);
}

/** Takes nothing new, and lets requests that are under way finish, for a moment. */
export async function closeServer(server: Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await closed;
  clearTimeout(timer);
}
