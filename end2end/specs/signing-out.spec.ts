import { expect, test } from '../fixtures/test';
import type { App } from '../pages/app';

/** Runs in every page before its own scripts: what wakes a tab comes just after the click on "sign out". */
function wakeAtSignOut(): void {
  const wake = () => {
    for (const name of ['focus', 'online']) dispatchEvent(new Event(name));
    document.dispatchEvent(new Event('visibilitychange'));
  };
  document.addEventListener('click', ({ target }) => {
    if ((target as Element).closest('[data-testid=sign-out]')) setTimeout(wake);
  });
}

/** What a tab asks for, from now on, to learn of its session or to sign in. */
function questionsOf(tab: App, provider: string): string[] {
  const own = ['/session', '/api/me', tab.streamPath].map((path) => `${tab.origin}${path}`);
  const questions = [...own, `${provider}/authorize`];
  const asked: string[] = [];
  tab.page.on('request', (request) => {
    const address = request.url().split('?')[0] ?? '';
    if (questions.includes(address)) asked.push(address);
  });
  return asked;
}

for (const name of ['A', 'B'] as const) {
  /// T-19
  test(`a tab of ${name} that is signing out asks, listens and signs in no more`, async ({ alice, demo }) => {
    await alice.context.addInitScript(wakeAtSignOut);
    const { a, b } = await alice.signedInAtBoth();
    const tab = name === 'A' ? a : b;
    const asked = questionsOf(tab, demo.provider);
    await tab.signOutAndReturn();
    expect(asked).toEqual([]);
  });
}
