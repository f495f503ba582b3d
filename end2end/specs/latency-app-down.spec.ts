import { callApi } from '../fixtures/api';
import { report, RUNS, TAKES_ALL } from '../fixtures/figures';
import { Person } from '../fixtures/person';
import { hang, Processes } from '../fixtures/processes';
import { expect, test } from '../fixtures/test';

/**
 * Prints how long a user who signs out is kept while App B cannot be reached, from the click to being back at App A as
 * Playwright sees it; and,
 * once App B serves again, how long until it refuses the old token. Asserts only that both happen.
 */

const RUN_WITHIN_MS = 30_000;
const GIVE_UP_AFTER_MS = 20_000;
const ASK_AGAIN_MS = 10;

test.setTimeout(RUNS * RUN_WITHIN_MS);
// Each run takes some seconds.
test.skip(!TAKES_ALL, 'taken by `cargo xtask latency` only');

for (const hangs of [false, true]) {
  const how = hangs ? 'hangs' : 'is down';

  test(`while App B ${how}`, async ({ openContext, topology }) => {
    const toBack: number[] = [];
    const toRefusal: number[] = [];
    const processes = await Processes.start(topology);
    for (let run = 0; run < RUNS; run++) {
      const context = await openContext();
      const { a, b } = await new Person('alice', context, processes).signedInAtBoth();
      const { access_token } = await b.tokens();
      await processes.kill('app-b');
      const giveBack = hangs ? await hang(processes.appB) : undefined;

      const clicked = performance.now();
      await a.signOutAndReturn();
      toBack.push(performance.now() - clicked);

      await giveBack?.();
      await processes.startAgain('app-b');
      const serves = performance.now();
      await untilRefused(processes, access_token);
      toRefusal.push(performance.now() - serves);
      await context.close();
    }
    await processes.stop();
    report(`click at A to being back there while App B ${how}, ${topology}`, toBack);
    report(`App B serves again to its refusal of the old token, after it ${how}, ${topology}`, toRefusal);
    expect(toRefusal).toHaveLength(RUNS);
  });
}

async function untilRefused(processes: Processes, accessToken: string): Promise<void> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  while (Date.now() < deadline) {
    const { reason } = await callApi(processes, accessToken).catch(() => ({ reason: undefined }));
    if (reason === 'session_ended') return;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
  throw new Error(`the API accepted the token for ${GIVE_UP_AFTER_MS} ms`);
}
