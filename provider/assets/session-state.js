// What the check-session frame answers to an app (OpenID Connect Session Management 1.0 section 3.2). The rule alone: the
// browser is an argument. The provider computes the same in src/session_state.rs.

// The longest client id that the provider registers, and a generous rest.
const LONGEST_MESSAGE = 512;
const SESSION_STATE = /^[\w-]{43}\.([\w-]{43})$/;
const BROWSER_STATE = /^[\w-]{43}$/;

const digest = async (text) => {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
};

/** How the provider names an app at its origin. */
export const registeredApp = (clientId, origin) => digest(`${clientId} ${origin}`);

export const sessionState = async (clientId, origin, browserState, salt) =>
  `${await digest(`${clientId} ${origin} ${browserState} ${salt}`)}.${salt}`;

/** A client id may contain spaces; a `session_state` does not. */
const parse = (message) => {
  if (typeof message !== "string" || message.length > LONGEST_MESSAGE) return undefined;
  const space = message.lastIndexOf(" ");
  const salt = SESSION_STATE.exec(message.slice(space + 1))?.[1];
  if (space < 1 || !salt) return undefined;
  return { clientId: message.slice(0, space), told: message.slice(space + 1), salt };
};

/** The value of the cookie, if there is one and it is the provider's. */
export const browserStateOf = (cookies, name) => {
  const found = cookies.split(";").map((cookie) => cookie.trim()).find((cookie) => cookie.startsWith(`${name}=`));
  const value = found?.slice(name.length + 1) ?? "";
  return BROWSER_STATE.test(value) ? value : undefined;
};

/**
 * `browser` has `registered`, a set of what `registeredApp` gives; `hasStorageAccess()`; and `browserState()`.
 *
 * `changed` is said only by a frame that has looked at the very cookie that the provider set. One that cannot see it, because
 * the browser keeps it from frames of other sites or shows another jar there, would say so for ever, and the app would ask the
 * provider for ever. It says `error`, on which an app does nothing (section 3.1).
 */
export const answerTo = async (message, origin, browser) => {
  const asked = parse(message);
  if (!asked) return "error";
  if (!browser.registered.has(await registeredApp(asked.clientId, origin))) return "error";
  if (!(await browser.hasStorageAccess())) return "error";
  const browserState = browser.browserState();
  if (browserState === undefined) return "error";
  const now = await sessionState(asked.clientId, origin, browserState, asked.salt);
  return now === asked.told ? "unchanged" : "changed";
};
