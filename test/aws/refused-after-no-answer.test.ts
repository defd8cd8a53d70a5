import { beforeEach, expect, it, vi } from 'vitest';
import { deleteToken } from '../../functions/tokens/delete-token.ts';
import { onTheDouble, type Repositories } from './repository-backends.ts';
import { at, random, StackOfPeople } from './stack-of-people.ts';

/** The first attempt of the next transaction is not answered; the SDK sends it again. */
let loseNext: () => void;
let scene: StackOfPeople;
let tokens: Repositories['tokens'];
beforeEach(async () => {
  const repositories = await onTheDouble(2);
  tokens = repositories.tokens;
  scene = await StackOfPeople.make(repositories);
  loseNext = () =>
    void repositories.dynamo.inject({
      kind: 'reset',
      times: 1,
      when: (operation) => operation === 'TransactWriteItems',
    });
});

const unavailable = expect.objectContaining({ kind: 'unavailable' });

it('an edit that lost a race is only told so, and can be applied again: a version never comes back', async () => {
  const token = await scene.token();
  await scene.edit(token, { description: 'theirs' });
  loseNext();
  expect(await scene.edit(token, { description: 'mine' })).toEqual({ failed: 'token' });
});

it('nor does it where the name is taken, too', async () => {
  const token = await scene.token();
  await scene.token({ name: 'other' });
  await scene.edit(token, { description: 'theirs' });
  loseNext();
  expect(await scene.edit(token, { name: 'other' })).toEqual({ failed: 'token' });
});

it('a name that is taken may be free when the attempt comes: nobody is told that their change was refused', async () => {
  const token = await scene.token();
  loseNext();
  await expect(scene.create(scene.newToken())).rejects.toEqual(unavailable);
  const other = await scene.token({ name: 'other' });
  loseNext();
  await expect(scene.edit(other, { name: token.name })).rejects.toEqual(unavailable);
});

it('a stack that is full may have room then', async () => {
  for (const name of ['first', 'second']) await scene.token({ name });
  loseNext();
  await expect(scene.create(scene.newToken({ name: 'third' }))).rejects.toEqual(unavailable);
});

it('whoever has no right may have it then', async () => {
  const developer = await scene.member('developer');
  loseNext();
  await expect(scene.create(scene.newToken(), developer)).rejects.toEqual(unavailable);
});

it('a deletion by another name is refused: the entry of that is what the attempt would not find absent', async () => {
  const token = await scene.token();
  loseNext();
  expect(await scene.delete(token, { name: 'other' })).toEqual({ token });
});

it('the attempt of a refused deletion deletes nothing when it comes late, though the token has that name by then', async () => {
  const { api_key: stack } = scene.stack;
  const token = await scene.token();
  const sent = vi.spyOn(tokens, 'delete');
  const command = { actor: scene.owner, stack, uid: token.uid, confirmName: 'later' };
  await expect(deleteToken({ tokens, now: () => at, random }, command)).rejects.toMatchObject({ kind: 'invalid' });
  await scene.edit(token, { name: 'later' });
  const [attempt] = sent.mock.calls.flat();
  if (!attempt) throw new Error('Nothing was sent.');
  await tokens.delete(attempt);
  const seen = await tokens.see({ stack, member: scene.owner.uid, token: token.uid });
  expect(seen.token).toMatchObject({ name: 'later', state: 'live' });
});
