import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { variables } from '../functions/runtime/env.ts';
import { Refusal } from '../functions/values/refusals.ts';
import { isOptionMistake, messageOf } from '../local/option-mistake.ts';
import { addOwner } from './add-owner.ts';
import { checkRestore } from './check-restore.ts';
import { type Command, OperatorMistake, optionsOf, settings, type Workplace } from './command.ts';
import { redrive } from './redrive.ts';
import { setPlan } from './set-plan.ts';

const commands: Readonly<Record<string, Command>> = {
  'set-plan': setPlan,
  'add-owner': addOwner,
  'check-restore': checkRestore,
  redrive,
};

/** The operator of a deployment, in its audit log. */
export const operator: Workplace['actor'] = {
  uid: 'operator',
  identity: { issuer: 'operator', sub: 'operator' },
  request_id: randomUUID(),
  remote_addr: '',
};

/**
 * Carries out one command: says what it would do, and does it only with `--execute`.
 * @returns the exit status: 0; 1 for something that the operator can put right
 */
export async function operate(
  [name = '', ...rest]: readonly string[],
  { workplace, write }: { workplace: () => Workplace; write: (line: string) => void },
): Promise<0 | 1> {
  const command = commands[name];
  if (name === '' || name === '--help') {
    write(overview());
    return 0;
  }
  if (!command) {
    write(`Unknown command: ${name}.\n\n${overview()}`);
    return 1;
  }
  try {
    await run(command, { name, rest, workplace, write });
    return 0;
  } catch (error) {
    const isMistake = error instanceof OperatorMistake || isOptionMistake(error);
    const says = isMistake ? messageOf(error, `npm run operate -- ${name} --help`) : whyNotAsked(error, command);
    if (says === null) throw error;
    write(says);
    return 1;
  }
}

interface Run {
  readonly name: string;
  readonly rest: readonly string[];
  readonly workplace: () => Workplace;
  readonly write: (line: string) => void;
}

async function run(command: Command, { name, rest, workplace, write }: Run): Promise<void> {
  const { values } = parseArgs({
    args: [...rest],
    options: { ...optionsOf(command), execute: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) return write(helpOf(name, command));
  const given = Object.fromEntries(
    Object.entries(values).flatMap(([option, value]) => (typeof value === 'string' ? [[option, value]] : [])),
  );
  const missing = Object.entries(command.options).filter(([option, { required }]) => required && !given[option]);
  if (missing.length > 0)
    throw new OperatorMistake(`Missing: ${missing.map(([option, { takes }]) => `--${option} ${takes}`).join(', ')}.`);
  const { says, carryOut } = await command.plan(given, workplace());
  for (const line of says) write(line);
  if (!carryOut) return;
  if (values.execute !== true) return write('Nothing was changed. Add --execute to do it.');
  await carryOut(write);
  write('Done.');
}

/** In words, where AWS did not answer or did not want to: settings of the operator's are wrong, most likely. Null for anything else. */
function whyNotAsked(error: unknown, command: Command): string | null {
  const cause = error instanceof Refusal ? error.cause : error;
  if (!(cause instanceof Error)) return null;
  const isOfAws = '$metadata' in cause || 'syscall' in cause || /^Region |credentials/i.test(cause.message);
  if (!isOfAws) return null;
  const tables = namesOfTables(command);
  return (
    `AWS could not be asked: ${cause.name}: ${cause.message}\n` +
    `Look at Region, credentials and endpoint${tables.length === 0 ? '' : `, and at the names of the tables: ${tables.join(', ')}`}.`
  );
}

/** Where a command is told names of tables: variables and options of its own. */
function namesOfTables({ settings: own, options }: Command): string[] {
  const named = own.filter((setting) => setting !== 'issuerUrl').map((setting) => variables[setting]);
  const given = Object.entries(options).filter(([, { takes }]) => takes === 'TABLE');
  return [...named, ...given.map(([option]) => `--${option}`)];
}

function overview(): string {
  const lines = Object.entries(commands).map(([name, { does }]) => `  ${name.padEnd(14)} ${does}`);
  return [
    'npm run operate -- <command> [options] [--execute]',
    '',
    ...lines,
    '',
    'Each command says what it would do, and changes nothing without --execute. Its --help lists its options and the',
    'environment variables that it needs.',
  ].join('\n');
}

function helpOf(name: string, { does, options, settings: own }: Command): string {
  const given = Object.entries(options).map(([option, { takes, says, required }]) => ({
    option: `--${option} ${takes}`,
    says: `${says}${required ? ' (required)' : ''}`,
  }));
  const all = [...given, { option: '--execute', says: 'do it' }, { option: '--help', says: 'show this text' }];
  const width = Math.max(...all.map(({ option }) => option.length));
  const lines = all.map(({ option, says }) => `  ${option.padEnd(width)}  ${says}`);
  const needed = own.map((setting) => `  ${variables[setting].padEnd(width)}  ${settings[setting]}`);
  const ofSdk = 'Region and credentials are those of the AWS SDK: AWS_REGION, AWS_PROFILE and its other variables.';
  return [
    `npm run operate -- ${name} [options] [--execute]`,
    '',
    does,
    '',
    ...lines,
    ...(needed.length === 0 ? [] : ['', 'Environment variables that it needs:', '', ...needed]),
    '',
    ofSdk,
  ].join('\n');
}
