import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';

const Statement = z.looseObject({ Action: z.union([z.string(), z.array(z.string())]) });
const Policy = z.looseObject({
  Type: z.literal('AWS::IAM::Policy'),
  Properties: z.looseObject({ PolicyDocument: z.looseObject({ Statement: z.array(Statement) }) }),
});
const Template = z.looseObject({ Resources: z.record(z.string(), z.unknown()) });

/** The synthesized assembly as it would be if nobody had given the functions any right to read or write items. @returns its directory */
export function assemblyWithoutRights(assembly: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'tokenward-assembly-'));
  for (const name of readdirSync(assembly)) {
    const [from, to] = [path.resolve(assembly, name), path.join(directory, name)];
    if (name.startsWith('asset.')) symlinkSync(from, to);
    else if (name.endsWith('.template.json'))
      writeFileSync(to, JSON.stringify(withoutRights(readFileSync(from, 'utf8'))));
    else if (name.endsWith('.json')) cpSync(from, to);
  }
  return directory;
}

function withoutRights(text: string): unknown {
  const template = Template.parse(JSON.parse(text));
  for (const resource of Object.values(template.Resources)) {
    const { success, data } = Policy.safeParse(resource);
    if (!success) continue;
    const kept = data.Properties.PolicyDocument.Statement.filter(
      ({ Action }) => ![Action].flat().some((action) => /^dynamodb:.*(?:Item|Items|Query)$/.test(action)),
    );
    Object.assign((resource as typeof data).Properties.PolicyDocument, { Statement: kept });
  }
  return template;
}
