import { createServer, type Server } from 'node:http';

/** The port belongs to somebody else. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken';
  constructor(port: number) {
    super(`Port ${port} is taken. Stop what listens there, or choose another: PORT=0 npm start takes any free one.`);
  }
}

/** How long requests that are under way may go on when a server stops. */
const DRAIN_MS = 2000;

/** Listens on 127.0.0.1; port 0 is any. @throws {PortTaken} */
export async function listen(server: Server, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const refuse = (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new PortTaken(port) : error);
  server.once('error', refuse);
  server.listen(port, '127.0.0.1', resolve);
  await promise.finally(() => server.off('error', refuse));
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
