import { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';

const FOREIGN: Record<string, string> = {
  'a handler': '<p onclick="steal()">x</p>',
  'an image with a handler': '<img src="x" onerror="steal()">',
  'a script': '<script>steal()</script>',
  'a link to a script': '<a href="javascript:steal()">x</a>',
  'a frame': '<iframe srcdoc="x"></iframe>',
  'an element in another': '<p><b onclick="steal()">x</b></p>',
  'a second element': '<p>x</p><img src="x" onerror="steal()">',
};

// In a context of its own: what the policy forbids counts as a fault elsewhere.
test('the browser refuses markup in App B that is not its own, and scripts from text', async ({ browser, demo }) => {
  const context = await browser.newContext();
  const alice = new Person('alice', context, demo);
  await alice.signInAtA();
  const b = await alice.openB();
  await b.expectSignedIn('alice');
  for (const [what, markup] of Object.entries(FOREIGN)) {
    const outcome = await b.page.evaluate((markup) => {
      const element = document.createElement('div');
      try {
        element.innerHTML = markup;
        return 'made';
      } catch (error) {
        return (error as Error).name;
      }
    }, markup);
    expect(outcome, what).toBe('TypeError');
  }
  const text = await b.page.evaluate(() => {
    const script = document.createElement('script');
    try {
      script.text = 'steal()';
      return 'made';
    } catch (error) {
      return (error as Error).name;
    }
  });
  expect(text).toBe('TypeError');
  const own = await b.page.evaluate(() => {
    const element = document.createElement('div');
    element.innerHTML = '<h1 id="notes-heading">Your notes</h1>';
    return element.childElementCount;
  });
  expect(own, "what App B's views are made of").toBe(1);
  await context.close();
});
