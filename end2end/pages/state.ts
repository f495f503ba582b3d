import type { CDPSession, Page } from '@playwright/test';

/** The word in the bar of both apps, by which the session's state is recognised at a glance; and its symbol. */
export const STATES = {
  checking: '… Checking',
  signedIn: '✓ Signed in',
  reconnecting: '↻ Reconnecting',
  signedOut: '○ Signed out',
  locked: '⊘ Locked',
} as const;

/** How the state is shown. */
export type Shown = { text: string; contrast: number; colours: string; where: string };

/** What the bar shows of the state now; nothing where it does not. */
export const shownState = (page: Page): Promise<Shown | undefined> => page.evaluate(readState);

/** The same from inside of the page: whoever drives it hands this function over, which so needs nothing from around it. */
export function readState(): Shown | undefined {
  const bar = document.querySelector('.bar');
  if (!bar?.checkVisibility()) return undefined;
  const style = getComputedStyle(bar, '::after');
  const [, text] = /^"(.*)" \/ ""$/.exec(style.content) ?? [];
  if (text === undefined || style.display === 'none') return undefined;
  // WCAG 2.2, relative luminance
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
      const value = Number(part) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark = 0, light = 0] = [luminance(style.color), luminance(style.backgroundColor)].sort((a, b) => a - b);
  const { height } = bar.getBoundingClientRect();
  return {
    text,
    contrast: (light + 0.05) / (dark + 0.05),
    colours: `${style.color} on ${style.backgroundColor}`,
    where: `${style.width} × ${style.height} in ${height}px`,
  };
}

/** All that screen readers get of the page. */
export async function spokenText(page: Page): Promise<string> {
  const session: CDPSession = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes.map(({ ignored, name }) => (ignored ? '' : String(name?.value ?? ''))).join('\n');
}
