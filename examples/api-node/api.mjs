// An API, without a framework and without Rust, that obeys sign-outs: Node 20 and nothing else. The rules that it follows
// are those of docs/adopt.md, and hold in any language. Run with
//
//     ISSUER=http://localhost:4000 node examples/api-node/api.mjs
//
// and register http://127.0.0.1:5002/logout/back-channel at the provider as the backchannel_logout_uri of the client CLIENT_ID.

import { createServer } from 'node:http';
import { judge } from './access-token.mjs';
import { Keys } from './keys.mjs';
import { Ledger } from './ledger.mjs';
import { tokenOfRequest, verifyLogoutToken } from './logout-token.mjs';
import { Streams } from './streams.mjs';

const issuer = process.env.ISSUER ?? 'http://localhost:4000';
const clientId = process.env.CLIENT_ID ?? 'app-b';
const port = Number(process.env.PORT ?? 5002);
const audience = process.env.AUDIENCE ?? `http://127.0.0.1:${port}/api`;
const folder = process.env.DATA ?? 'data';

// The record of ended sessions is in memory before anything is answered, and so are the provider's keys, from disk if need be.
const ledger = await Ledger.open(folder);
const keys = new Keys(issuer, folder);
await keys.start();
const streams = new Streams();

const routes = {
  'GET /healthz': (_request, response) => answer(response, keys.areThere ? 200 : 503, {}),
  'POST /logout/back-channel': backChannel,
  'GET /api/hello': guarded((request, response, who) => answer(response, 200, { hello: who.sub })),
  'GET /api/events': guarded((request, response, who) => streams.open(response, who)),
};
const METHODS = { '/healthz': 'GET', '/logout/back-channel': 'POST', '/api/hello': 'GET', '/api/events': 'GET' };

const server = createServer({ maxHeaderSize: 32 * 1024, requestTimeout: 10_000 }, async (request, response) => {
  const path = request.url.split('?')[0];
  const handler = routes[`${request.method} ${path}`];
  try {
    if (handler) await handler(request, response);
    else if (METHODS[path]) answer(response, 405, invalidRequest(`only ${METHODS[path]} is taken here`));
    else answer(response, 404, { error: 'not_found' });
  } catch (error) {
    // Not 401, which a client would take for a sign-out, and not 200: nobody knows.
    console.error(error);
    if (!response.headersSent) answer(response, 503, { error: 'temporarily_unavailable' }, { 'Retry-After': '5' });
  }
});
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    streams.close();
    server.close();
    server.closeAllConnections();
    keys.stop();
    await ledger.close();
  });
}

/** OpenID Connect Back-Channel Logout 1.0 sections 2.5 to 2.8. */
async function backChannel(request, response) {
  const now = Date.now() / 1000;
  let event;
  try {
    const token = await tokenOfRequest(request);
    event = await verifyLogoutToken(token, { issuer, clientId, keys, now, isReplayed: (claims) => ledger.isReplayed(claims) });
  } catch (error) {
    if (!error.isRefusal) throw error;
    return answer(response, 400, invalidRequest(error.message));
  }
  // On disk first, then in memory, then in the open tabs; and only then the provider hears that it is done.
  await ledger.end(event);
  streams.tell(event);
  answer(response, 200, {});
}

/** Lets requests pass whose access token is good and whose session has not ended. */
function guarded(handler) {
  return async (request, response) => {
    const verdict = await judge(request.headers.authorization, { issuer, audience, keys, ledger, now: Date.now() / 1000 });
    if (verdict.who) return handler(request, response, verdict.who);
    const { reason, scheme = 'Bearer' } = verdict;
    const challenge = reason ? `${scheme} error="invalid_token", error_description="${reason}"` : scheme;
    answer(response, 401, reason ? { error: 'invalid_token', reason } : {}, { 'WWW-Authenticate': challenge });
  };
}

function invalidRequest(error_description) {
  return { error: 'invalid_request', error_description };
}

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}
