import { cpSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';

const Template = z.looseObject({ Resources: z.record(z.string(), z.unknown()) });
const Deployed = z.looseObject({
  Type: z.literal('AWS::Lambda::Function'),
  Properties: z.looseObject({ Timeout: z.number() }),
  Metadata: z.looseObject({ 'tokenward:function': z.string() }),
});

/** The synthesized assembly as it would be if a function had another time limit, in seconds. @returns its directory */
export function assemblyWithLimit(assembly: string, { entry, seconds }: { entry: string; seconds: number }): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'tokenward-assembly-'));
  for (const name of readdirSync(assembly)) {
    const [from, to] = [path.resolve(assembly, name), path.join(directory, name)];
    if (name.startsWith('asset.')) symlinkSync(from, to);
    else if (name.endsWith('.template.json')) {
      const template = Template.parse(JSON.parse(readFileSync(from, 'utf8')));
      writeFileSync(to, JSON.stringify(withLimit(template, { entry, seconds })));
    } else if (name.endsWith('.json')) cpSync(from, to);
  }
  return directory;
}

function withLimit(template: z.infer<typeof Template>, { entry, seconds }: { entry: string; seconds: number }): object {
  const resources = Object.entries(template.Resources).map(([id, resource]) => {
    const { success, data } = Deployed.safeParse(resource);
    const isIt = success && data.Metadata['tokenward:function'] === entry;
    return [id, isIt ? { ...data, Properties: { ...data.Properties, Timeout: seconds } } : resource];
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}
