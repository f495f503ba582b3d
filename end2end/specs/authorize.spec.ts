import type { Page, Request } from '@playwright/test';
import type { Parties } from '../fixtures/parties';
import { expect, test } from '../fixtures/test';
import { ProviderLogin } from '../pages/provider';

/** An authorization request of App B, with these parameters besides. */
function authorize(demo: Parties, parameters: Record<string, string>): string {
  const query = new URLSearchParams({
    client_id: 'app-b',
    redirect_uri: `${demo.appB}/callback`,
    response_type: 'code',
    scope: 'openid profile',
    state: 's1',
    nonce: 'n1',
    // RFC 7636 appendix B
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...parameters,
  });
  return `${demo.provider}/authorize?${query}`;
}

/** The request by which the answer comes to App B's callback. */
function answer(page: Page, demo: Parties): Promise<Request> {
  return page.waitForRequest((request) => request.url().split('?')[0] === `${demo.appB}/callback`);
}

function expectCode(parameters: URLSearchParams, demo: Parties): void {
  expect(Object.fromEntries(parameters)).toMatchObject({ code: expect.any(String), state: 's1', iss: demo.provider });
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with script' : 'without script', () => {
    test.use({ javaScriptEnabled });

    /// CORE-05
    test('an answer by form comes by POST, and not in the address', async ({ context, demo }) => {
      const page = await context.newPage();
      await page.goto(authorize(demo, { response_mode: 'form_post' }));
      const coming = answer(page, demo);
      await new ProviderLogin(page).signIn('alice');
      if (!javaScriptEnabled) await page.getByTestId('continue').click();
      const request = await coming;
      expect([request.method(), new URL(request.url()).search]).toEqual(['POST', '']);
      expectCode(new URLSearchParams(request.postData() ?? ''), demo);
      expect((await request.allHeaders())['origin'], 'the app can tell who sends it').toBe(demo.provider);
    });

    test('whoever is signed in may choose to go on, or to use another account', async ({ alice, demo }) => {
      const a = await alice.signInAtA();
      const page = await alice.context.newPage();
      await page.goto(authorize(demo, { prompt: 'select_account' }));
      await expect(page.getByRole('heading', { name: 'Choose an account' })).toBeVisible();
      const coming = answer(page, demo);
      await page.getByRole('button', { name: 'Go on as alice' }).click();
      expectCode(new URL((await coming).url()).searchParams, demo);

      await page.goto(authorize(demo, { prompt: 'select_account' }));
      await page.getByTestId('use-another-account').click();
      await new ProviderLogin(page).signIn('bob');
      await page.waitForURL(`${demo.appB}/**`);
      await a.page.reload();
      await a.expectSignedOut();
    });
  });
}
