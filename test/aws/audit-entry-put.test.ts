import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('every entry of the audit log is put by one function, so that none is left out of the index', () => {
  const files = globSync('{functions,operate,local}/**/*.ts').filter((file) =>
    /\bkeys\.audit\(/.test(readFileSync(file, 'utf8')),
  );
  expect(files.sort()).toEqual(['functions/aws/audit-entry-put.ts', 'functions/aws/dynamo-audit-log.ts']);
});
