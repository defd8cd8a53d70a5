import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** Sends a request with a body whatever its method: `fetch` refuses to send one with GET. */
export async function requestWithBody(
  url: string,
  { method, headers, body }: { method: string; headers: Readonly<Record<string, string>>; body: string | Buffer },
): Promise<{ readonly status: number; readonly headers: Headers; text(): Promise<string> }> {
  const sent = request(url, { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const answer = await text(response);
  const named = Object.entries(response.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  return { status: response.statusCode ?? 0, headers: new Headers(named), text: async () => answer };
}
