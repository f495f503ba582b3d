import { Demo } from '../fixtures/demo';
import { expectSessionEnded } from '../fixtures/expect';
import { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';

// In the same-site topology a frame would reach the tab.
const WITHOUT = ['front-channel'] as const;

/** The longest wait of a tab between two tries, and a little. */
const TRIES_AGAIN_WITHIN_MS = 20_000;

test.setTimeout(120_000);

/// T-25, BCL-40
test('what a tab missed while its stream was cut it hears later, even from a restarted server', async ({
  context,
  topology,
}) => {
  const demo = await Demo.start(topology, WITHOUT);
  try {
    const alice = new Person('alice', context, demo);
    const { a, b } = await alice.signedInAtBoth();
    const secondA = await alice.openA();
    await secondA.untilListening(['tab']);
    const { access_token } = await b.tokens();
    const streams = [`${demo.appA}/events*`, `${demo.appB}/api/events`];

    await test.step('the servers die, and the streams with them', async () => {
      for (const stream of streams) await context.route(stream, (route) => route.abort());
      await demo.kill();
      for (const tab of [a, secondA, b]) await expect(tab.body).toHaveAttribute('data-listening', 'reconnecting');
    });
    await test.step('the user signs out while no tab can listen', async () => {
      await demo.startAgain();
      // By a page that tells no other: the first request of `/logout` is this one.
      const home = await context.request.get(demo.appA);
      const csrf = /name="csrf" value="([^"]+)"/.exec(await home.text())?.[1] ?? '';
      const headers = { Origin: demo.appA };
      const signOut = await context.request.post(`${demo.appA}/logout`, { form: { csrf }, headers });
      expect(signOut.url()).toContain('/signed-out');
      await expectSessionEnded(demo, access_token);
      for (const tab of [a, secondA, b]) await tab.expectSignedIn('alice');
    });
    await test.step('and the servers die again before any tab is back', async () => {
      await demo.kill();
      await demo.startAgain();
      await expectSessionEnded(demo, access_token);
      for (const stream of streams) await context.unroute(stream);
    });
    // Each opens its stream again and is told at once: B by its guard, as any request with such a token.
    for (const tab of [a, secondA, b]) {
      await expect(tab.body).toHaveAttribute('data-session', 'signed-out', { timeout: TRIES_AGAIN_WITHIN_MS });
      await tab.expectLocked({ reason: ['check'] });
    }
    await b.expectLocked({ reason: ['check'], channel: ['back-channel'] });
  } finally {
    await demo.stop();
  }
});
