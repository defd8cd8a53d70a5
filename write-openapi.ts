/** Writes `openapi.json` from the schemas; a test says when it is not fresh. */
import { writeFileSync } from 'node:fs';
import { openApiDocument } from './functions/http/openapi/openapi-document.ts';

writeFileSync(new URL('openapi.json', import.meta.url), `${JSON.stringify(openApiDocument(), null, 2)}\n`);
