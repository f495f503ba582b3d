// Around examples/leptos-app: what it says its app had before. A page that signs in, here by oidc-client-ts, and hands over
// whose session it is; and an API on the same origin, which is examples/api-node in this process, on the next port.
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { serve } from '../../interop/software/serve.mjs';

const { clientId, provider, origin, built, dataDir } = JSON.parse(process.argv[2]);

const library = join(dirname(createRequire(import.meta.url).resolve('oidc-client-ts')), '../browser/oidc-client-ts.js');

const page = `<!doctype html><title>leptos-app</title><button id="sign-in">Sign in</button>
  <script src="/oidc-client-ts.js"></script>
  <script type="module">
    import init from '/leptos-app.js';
    const settings = { authority: '${provider}', client_id: '${clientId}', redirect_uri: '${origin}/', scope: 'openid profile' };
    const manager = new oidc.UserManager({ ...settings, automaticSilentRenew: false });
    const button = document.getElementById('sign-in');
    button.onclick = () => manager.signinRedirect();
    if (location.search.includes('state=')) {
      const { profile: { iss, sub, sid }, access_token } = await manager.signinCallback();
      window.curfewExample = { iss, sub, sid, access_token };
      button.remove();
      await init({ module_or_path: '/leptos-app_bg.wasm' });
    }
  </script>`;

const answers = {
  '/': ['text/html', page],
  '/elsewhere': ['text/html', '<!doctype html><title>elsewhere</title>'],
  '/oidc-client-ts.js': ['text/javascript', readFileSync(library)],
  '/leptos-app.js': ['text/javascript', readFileSync(join(built, 'leptos-app.js'))],
  '/leptos-app_bg.wasm': ['application/wasm', readFileSync(join(built, 'leptos-app_bg.wasm'))],
};

const port = Number(new URL(origin).port) + 1;
Object.assign(process.env, { ISSUER: provider, CLIENT_ID: clientId, PORT: String(port), AUDIENCE: `${origin}/api`, DATA: dataDir });
await import('../../../examples/api-node/api.mjs');

const server = createServer((incoming, response) => {
  const [type, body] = answers[incoming.url.split('?')[0]] ?? [];
  if (type) return response.writeHead(200, { 'Content-Type': type }).end(body);
  const { method, url: path, headers } = incoming;
  const forwarded = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  forwarded.on('error', () => response.destroy());
  response.on('close', () => forwarded.destroy());
  incoming.pipe(forwarded);
});
serve(server, origin);
