import { randomUUID } from 'node:crypto';
import { expect, test } from '../fixtures/test';

/** The server outlives a test: notes of earlier ones may still be there. */
const unique = (text: string) => `${text} ${randomUUID()}`;

test('notes can be added and deleted, and stay', async ({ alice }) => {
  await alice.signInAtA();
  const b = await alice.signedInAtB();
  const milk = unique('buy milk');
  const markup = unique('<b>call bob</b>');
  await b.addNote(milk);
  await b.addNote(markup);
  await b.page.reload();
  await expect(b.note(milk)).toBeVisible();
  await expect(b.note(markup)).toBeVisible();

  await b.deleteNote(milk);
  await b.deleteNote(markup);
  await b.page.reload();
  await b.expectSignedIn('alice');
  expect(await b.callApi()).toBe(200);
  await expect(b.note(milk)).toHaveCount(0);
});

test('whoever uses the keyboard keeps their place among the notes', async ({ alice }) => {
  await alice.signInAtA();
  const b = await alice.signedInAtB();
  const [first, second] = [unique('first'), unique('second')];
  const add = b.page.getByRole('button', { name: 'Add note' });
  for (const text of [first, second]) {
    await b.page.getByLabel('New note').fill(text);
    await add.press('Enter');
    await expect(b.note(text)).toBeVisible();
    await expect(add).toBeFocused();
  }
  await b.note(first).getByRole('button', { name: 'Delete' }).press('Enter');
  await expect(b.note(first)).toHaveCount(0);
  await expect(b.page.getByRole('heading', { name: 'Your notes' }), 'its button has gone').toBeFocused();
  await b.deleteNote(second);
});

test('nobody sees the notes of another', async ({ alice, bob }) => {
  const [forAlice, forBob] = [unique('only for alice'), unique('only for bob')];
  const hers = await alice.signedInAtBoth();
  await hers.b.addNote(forAlice);
  const his = await bob.signedInAtBoth();
  await his.b.addNote(forBob);
  await expect(his.b.note(forAlice)).toHaveCount(0);
  await hers.b.page.reload();
  await expect(hers.b.note(forAlice)).toBeVisible();
  await expect(hers.b.note(forBob)).toHaveCount(0);
});
