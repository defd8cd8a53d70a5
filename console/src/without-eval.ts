import * as z from 'zod/mini';

// zod compiles parsers by `new Function` where it can; the policy forbids it, and even the attempt is reported.
z.config({ jitless: true });
