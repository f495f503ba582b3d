import type { BrowserContext } from '@playwright/test';
import { expect, test } from '../fixtures/test';

/** Far more than the six connections that a browser opens to a server over HTTP/1.1. */
const TABS = 20;

// Then nothing but the stream, and the tab that holds it, tells a tab.
test.use({ without: ['front-channel'] });
test.setTimeout(90_000);

/** The streams that a browser opens from now on. A proof of possession with an old nonce opens none. */
function streamsFrom(context: BrowserContext, address: string): string[] {
  const streams: string[] = [];
  context.on('response', (response) => {
    if (response.url().startsWith(address) && response.status() === 200) streams.push(response.url());
  });
  return streams;
}

/// T-28
test('twenty tabs of A share one stream, and all of them load, work and lock', async ({ alice, demo }) => {
  const streams = streamsFrom(alice.context, `${demo.appA}/events`);
  const first = await alice.signInAtA();
  await first.untilListening(['open']);
  const b = await alice.signedInAtB();
  const others = [];
  for (let tab = 1; tab < TABS; tab++) {
    const other = await alice.openA();
    await other.expectSignedIn('alice');
    await other.untilListening(['tab']);
    others.push(other);
  }
  await others.at(-1)?.page.reload();
  await others.at(-1)?.untilListening(['tab']);
  expect(streams).toHaveLength(1);

  await b.signOutAndReturn();
  await first.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  for (const other of others) await other.expectLocked({ reason: ['tab'], channel: ['back-channel'] });
});

/// T-28
test('twenty tabs of B share one stream, and all of them load, work and lock', async ({ alice, demo }) => {
  const streams = streamsFrom(alice.context, `${demo.appB}/api/events`);
  const a = await alice.signInAtA();
  const first = await alice.signedInAtB();
  await first.untilListening(['open']);
  const others = [];
  for (let tab = 1; tab < TABS; tab++) {
    const other = await alice.openB();
    await other.expectSignedIn('alice');
    await other.untilListening(['tab']);
    others.push(other);
  }
  expect(await others.at(-1)?.callApi()).toBe(200);
  expect(streams).toHaveLength(1);

  await a.signOutAndReturn();
  await first.expectLocked({ reason: ['push'], channel: ['back-channel'] });
  for (const other of others) {
    await other.expectLocked({ reason: ['tab'], channel: ['back-channel'] });
    await other.expectNoTokens();
  }
});

/// T-28
test('when the tab that holds the stream goes, the next one takes it over', async ({ alice }) => {
  const { a, b } = await alice.signedInAtBoth();
  const [nextA, nextB] = [await alice.openA(), await alice.openB()];
  await nextA.untilListening(['tab']);
  await nextB.untilListening(['tab']);

  await a.page.close();
  await nextA.untilListening(['open']);
  // Elsewhere in the same tab is gone as well, also where the browser keeps the page for its Back button.
  await b.page.goto('about:blank');
  await nextB.untilListening(['open']);

  const leaver = await alice.openA();
  await leaver.untilListening(['tab']);
  await leaver.signOutAndReturn();
  await nextA.expectLocked({ reason: ['tab'] });
  await nextB.expectLocked({ reason: ['push'], channel: ['back-channel'] });
});

/// T-09, T-28
test('a tab without siblings, in another browser, has a stream of its own and stays', async ({ alice, bob }) => {
  const hers = await alice.signedInAtBoth();
  const his = await bob.signedInAtBoth();
  await his.a.untilListening(['open']);
  await his.b.untilListening(['open']);
  await hers.a.signOutAndReturn();
  await hers.b.expectLocked({ reason: ['push'] });
  await his.a.expectSignedIn('bob');
  await his.b.expectSignedIn('bob');
});
