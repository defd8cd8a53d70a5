/** `node examples/node-service/server.ts`, beside `npm start`: the notes on port 4200, for tokens of the seeded stack. */
import { readFileSync } from 'node:fs';
import { createNotes } from './notes.ts';

const { endpoint, stack, machines } = JSON.parse(readFileSync('.tokenward/local.json', 'utf8'));
// The local issuer's lasts for years. Elsewhere: client credentials, asked for again shortly before it expires.
const accessToken = async () => machines.resource_server.access_token;
const notes = createNotes({ endpoint, stack: stack.api_key, accessToken });
notes.listen(4200, '127.0.0.1', () => console.log('http://127.0.0.1:4200/notes'));
