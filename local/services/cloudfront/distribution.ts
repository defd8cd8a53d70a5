import * as http from 'node:http';
import * as z from 'zod';
import type { Home } from '../../home.ts';
import { closeServer, listenAgain } from '../../loopback.ts';
import type { LocalStack } from '../../template/template.ts';
import { forwardedFor } from '../api-gateway/http-payload.ts';
import { type BehaviorJson, behaviorsOf, type SiteFile } from './distribution-template.ts';

/** The counterpart of the template's CloudFront distribution, which serves the console and leads to the API. */
export interface Distribution {
  /** `http://127.0.0.1:PORT`: known before the template is read, because mails and the issuer name it */
  readonly endpoint: string;
  /** Begins to answer, as the template says. @param api endpoint of the HTTP API */
  serve(stack: LocalStack, api: string): void;
  close(): Promise<void>;
}

const FILE = 'console.json';
const SavedSchema = z.object({ port: z.int() });

/** Takes the port of last time where it is free, so that links in mails and what is open in a browser hold. */
export async function openDistribution(home: Home): Promise<Distribution> {
  const saved = SavedSchema.safeParse(home.readJson(FILE));
  const server = http.createServer();
  const port = await listenAgain(server, saved.success ? saved.data.port : 0);
  home.writeJson(FILE, { port });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    serve: (stack, api) => {
      const behaviors = behaviorsOf(stack);
      server.on('request', (request, response) => answer({ behaviors, api, request, response }));
    },
    close: () => closeServer(server),
  };
}

interface Exchange {
  readonly behaviors: readonly BehaviorJson[];
  readonly api: string;
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
}

/** The first behaviour whose pattern matches, the default one last. It does not redirect to HTTPS: this is loopback. */
function answer({ behaviors, api, request, response }: Exchange): void {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const behavior = behaviors.find(({ pattern }) => pattern.test(path));
  if (!behavior?.methods.includes(request.method ?? '')) return void response.writeHead(403).end();
  if (behavior.files === 'api') return void forward({ api, request, response, toOrigin: behavior.toOrigin });
  const asked = behavior.rewrite(path);
  const file = behavior.files.get(asked === '/' ? behavior.root : decoded(asked).slice(1));
  sendFile(response, { file, headers: behavior.headers, isHead: request.method === 'HEAD' });
}

/** A bucket that may not be listed answers 403 for what is not there. */
function sendFile(
  response: http.ServerResponse,
  { file, headers, isHead }: { file: SiteFile | undefined; headers: Readonly<Record<string, string>>; isHead: boolean },
): void {
  if (!file) return void response.writeHead(403, { ...headers, 'content-type': 'application/xml' }).end();
  const { content, type } = file;
  response.writeHead(200, { 'content-type': type, 'content-length': content.length, ...headers });
  response.end(isHead ? undefined : content);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Of one connection, or of this host. A `Trailer` that goes on makes `http` throw. RFC 9110, 7.6.1 */
const NOT_FORWARDED = ['host', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade'];

/** Path and headers go on as they were sent, repeated ones too, with the viewer's address, and the answer comes back as it is. */
function forward({
  api,
  request,
  response,
  toOrigin,
}: Omit<Exchange, 'behaviors'> & Pick<BehaviorJson, 'toOrigin'>): void {
  const all = Object.entries(request.headersDistinct);
  const sent = Object.fromEntries(all.filter(([name]) => !NOT_FORWARDED.includes(name)));
  const viewer = forwardedFor(sent['x-forwarded-for']?.join(', '), request.socket.remoteAddress ?? '');
  const headers = { ...sent, ...toOrigin, 'x-forwarded-for': viewer };
  const { hostname, port } = new URL(api);
  const target = { hostname, port, path: request.url, method: request.method, headers } as http.RequestOptions;
  const onward = http.request(target, (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.headers);
    answered.pipe(response);
  });
  onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}
