/** What the documents use of curl, on Node: a machine that has Node and npm may have no curl. */
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    silent: { type: 'boolean', short: 's' },
    request: { type: 'string', short: 'X' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd' },
    'write-out': { type: 'string', short: 'w', default: '' },
  },
});
const { request = values.data === undefined ? 'GET' : 'POST', data, header } = values;
const headers = new Headers(data === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' });
for (const line of header) headers.set(...split(line));
const response = await fetch(positionals[0] ?? '', {
  method: request,
  headers,
  ...(data === undefined ? {} : { body: data }),
});
process.stdout.write((await response.text()) + values['write-out'].replaceAll('\\n', '\n'));

function split(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
