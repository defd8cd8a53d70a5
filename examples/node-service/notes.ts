import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Caller, protect, type Tokenward } from './tokenward.ts';

/** A service with one resource: `GET` and `POST /notes`, for tokens that cover entries. */
export function createNotes(tokenward: Tokenward): Server {
  const admit = protect(tokenward);
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const access = request.method === 'GET' ? 'read' : 'write';
    const caller = await admit(request, response, { module: 'entry', access });
    if (caller) answer(response, access === 'read' ? 200 : 201, caller);
  };
  return createServer((request, response) => void serve(request, response));
}

function answer(response: ServerResponse, status: number, { tokenUid }: Caller): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ notes: [], caller: tokenUid }));
}
