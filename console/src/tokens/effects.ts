import { utc } from '../design/time.ts';
import { changedParts, instantOf, type TokenForm } from './token-form.ts';

/** What saving would do, in words. */
export interface Effects {
  /** What programs can no longer do, from the next request on. */
  readonly narrows: readonly string[];
  readonly widens: readonly string[];
  readonly others: readonly string[];
}

export function effectsOf(before: TokenForm, after: TokenForm): Effects {
  const scope = [accessEffects(before, after), placeEffects(before, after), expiryEffects(before, after)];
  const limits = limitEffects(before, after);
  const all = [...scope, limits];
  return {
    narrows: all.flatMap(({ narrows }) => narrows),
    widens: all.flatMap(({ widens }) => widens),
    others: otherEffects(before, after),
  };
}

type Reach = Pick<Effects, 'narrows' | 'widens'>;

function accessEffects(before: TokenForm, after: TokenForm): Reach {
  const [was, is] = [wordsOf(before), wordsOf(after)];
  return {
    narrows: sentences(missing(was, is), 'It can no longer'),
    widens: sentences(missing(is, was), 'It can'),
  };
}

/** One for reading and one for writing, with the modules that each is about. */
function sentences(words: readonly string[], beginning: string): readonly string[] {
  const byKind = Map.groupBy(words, (word) => word.split(' ')[0] ?? '');
  return [...byKind].map(([kind, some]) => {
    const modules = some.flatMap((word) => word.split(' ').slice(1));
    return `${beginning} ${kind}${modules.length > 0 ? `: ${modules.join(', ')}` : ''}.`;
  });
}

function wordsOf({ accesses }: TokenForm): readonly string[] {
  const of = (module: string) => (module === '$all' ? '' : ` ${module}`);
  return accesses.flatMap(({ module, read, write }) => [
    ...(read || write ? [`read${of(module)}`] : []),
    ...(write ? [`write${of(module)}`] : []),
  ]);
}

const missing = (words: readonly string[], from: readonly string[]) => words.filter((word) => !from.includes(word));

function placeEffects(before: TokenForm, after: TokenForm): Reach {
  if (before.allBranches && !after.allBranches)
    return { narrows: [`It works on ${placesOf(after)} only, and no longer on all branches.`], widens: [] };
  if (!before.allBranches && after.allBranches) return { narrows: [], widens: ['It works on all branches.'] };
  if (after.allBranches) return { narrows: [], widens: [] };
  const [was, is] = [namesOf(before), namesOf(after)];
  return {
    narrows: missing(was, is).map((name) => `It no longer works on ${name}.`),
    widens: missing(is, was).map((name) => `It works on ${name}.`),
  };
}

const namesOf = ({ branches, aliases }: TokenForm) => [...branches, ...aliases.map((alias) => `${alias} (alias)`)];
const placesOf = (form: TokenForm) => namesOf(form).join(', ') || 'nothing';

function expiryEffects(before: TokenForm, after: TokenForm): Reach {
  const [was, is] = [instantOf(before.expiresOn), instantOf(after.expiresOn)];
  if (was === is) return { narrows: [], widens: [] };
  const isLater = is === null || (was !== null && is > was);
  const text = is === null ? 'It never expires.' : `It ends ${isLater ? 'later' : 'earlier'}: ${utc(is)}.`;
  return isLater ? { narrows: [], widens: [text] } : { narrows: [text], widens: [] };
}

function limitEffects({ limits: was }: TokenForm, { limits: is }: TokenForm): Reach {
  if (was === null && is !== null)
    return { narrows: [`It is limited to ${is.read} reads and ${is.write} writes a second.`], widens: [] };
  if (was !== null && is === null) return { narrows: [], widens: ['It has no limit of its own.'] };
  const kinds = was && is ? (['read', 'write'] as const) : [];
  const changed = kinds.map((kind) => ({ kind, from: was?.[kind] ?? 0, to: is?.[kind] ?? 0 }));
  const text = ({ kind, from, to }: (typeof changed)[number]) =>
    `Its ${kind} limit goes from ${from} to ${to} a second.`;
  return {
    narrows: changed.filter(({ from, to }) => to < from).map(text),
    widens: changed.filter(({ from, to }) => to > from).map(text),
  };
}

function otherEffects(before: TokenForm, after: TokenForm): readonly string[] {
  const changed = changedParts(before, after);
  return [
    ...(changed.includes('name') ? [`Its name becomes “${after.name}”.`] : []),
    ...(changed.includes('description') ? ['Its description changes.'] : []),
    ...(changed.includes('isNotified')
      ? [
          after.isNotified
            ? 'Its creator is mailed before it expires.'
            : 'Its creator is no longer mailed for its sake.',
        ]
      : []),
  ];
}
