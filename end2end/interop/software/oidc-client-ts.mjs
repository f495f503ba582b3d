// A single-page app with oidc-client-ts: it monitors the session by the provider's frame, and renews in a frame of its own.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { serve } from './serve.mjs';

const { clientId, provider, origin } = JSON.parse(process.argv[2]);

const main = createRequire(import.meta.url).resolve('oidc-client-ts');
const library = readFileSync(join(dirname(main), '../browser/oidc-client-ts.js'));

const settings = {
  authority: provider,
  client_id: clientId,
  scope: 'openid profile',
  monitorSession: true,
  includeIdTokenInSilentRenew: true,
  // By default it stops at the first `error`; here it goes on, to see what it does about many.
  stopCheckSessionOnError: false,
  checkSessionIntervalInSeconds: 0.2,
};

// By whichever of its names it was opened.
const configuration = `{
  ...${JSON.stringify(settings)},
  redirect_uri: location.origin + '/',
  silent_redirect_uri: location.origin + '/silent',
}`;

const page = `<!doctype html><title>oidc-client-ts</title>
  <p id="user"></p><button id="sign-in">Sign in</button><ul id="heard"></ul>
  <script src="/oidc-client-ts.js"></script>
  <script>
    const manager = new oidc.UserManager({ ...${configuration}, ...window.differently });
    const show = (user) => {
      document.getElementById('user').textContent = user ? 'signed in as ' + user.profile.preferred_username : 'signed out';
    };
    const hear = (what) => document.getElementById('heard').append(Object.assign(document.createElement('li'), { textContent: what }));
    document.getElementById('sign-in').onclick = () => manager.signinRedirect();
    manager.events.addUserLoaded((user) => { show(user); hear('user loaded'); });
    manager.events.addUserUnloaded(() => show(null));
    manager.events.addUserSessionChanged(() => hear('session changed'));
    manager.events.addUserSignedOut(() => { hear('signed out'); manager.removeUser(); });
    manager.events.addSilentRenewError(({ error }) => hear('not renewed: ' + error));
    const isBack = location.search.includes('state=');
    (isBack ? manager.signinCallback() : manager.getUser()).then((user) => {
      if (isBack) history.replaceState(null, '', '/');
      show(user);
    });
  </script>`;

const silent = `<!doctype html><title>renewal</title><script src="/oidc-client-ts.js"></script>
  <script>new oidc.UserManager({ ...${configuration}, monitorSession: false }).signinSilentCallback();</script>`;

const answers = {
  '/': ['text/html', page],
  '/silent': ['text/html', silent],
  '/elsewhere': ['text/html', '<!doctype html><title>elsewhere</title>'],
  '/healthz': ['text/plain', 'ok'],
  '/oidc-client-ts.js': ['text/javascript', library],
};

const server = createServer((request, response) => {
  const [type, body] = answers[request.url.split('?')[0]] ?? [];
  response.writeHead(type ? 200 : 404, { 'Content-Type': type ?? 'text/plain' }).end(body);
});
serve(server, origin);
