import { expect, test } from '../fixtures/test';

const CALLS = 5;

test('nothing asks the provider while the user works', async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const toProvider: string[] = [];
  const toApi: string[] = [];
  alice.context.on('request', (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin === demo.provider) toProvider.push(pathname);
    if (origin === demo.appB && pathname.startsWith('/api/')) toApi.push(pathname);
  });

  for (let call = 0; call < CALLS; call++) expect(await b.callApi()).toBe(200);
  await a.page.reload();
  await a.expectSignedIn('alice');

  expect(toApi.length).toBeGreaterThanOrEqual(CALLS);
  expect(toProvider).toEqual([]);
});
