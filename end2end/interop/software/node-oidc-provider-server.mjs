// What node-oidc-provider leaves to whoever runs it: the page that asks who somebody is.
import { createServer } from 'node:http';
import { serve } from './serve.mjs';

const signInPage = `<!doctype html><title>Sign in</title>
  <form method="post"><input name="username"><input name="password" type="password"><button type="submit">Sign in</button></form>`;

/** Serves this provider, which answers by `listener`; `login` says in its version's words who has signed in. */
export function serveProvider(provider, listener, login) {
  async function interaction(request, response) {
    if (request.method !== 'POST') {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(signInPage);
      return;
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const username = form.get('username');
    // The demo's passwords are the user names.
    if (!username || username !== form.get('password')) {
      response.writeHead(401, { 'Content-Type': 'text/html' }).end(signInPage);
      return;
    }
    await provider.interactionFinished(request, response, { login: login(username) }, { mergeWithLastSubmission: false });
  }

  const server = createServer((request, response) => {
    if (request.url === '/healthz') response.end('ok');
    else if (request.url.startsWith('/interaction/')) {
      interaction(request, response).catch((error) => response.writeHead(400).end(String(error)));
    } else listener(request, response);
  });
  serve(server, provider.issuer);
}

/** Where a client is told of sign-outs, by the channels that this run has. */
export function logoutAddresses(origin, channels) {
  const addresses = {
    'back-channel': {
      backchannel_logout_uri: `${origin}/logout/back-channel`,
      backchannel_logout_session_required: true,
    },
    'front-channel': {
      frontchannel_logout_uri: `${origin}/logout/front-channel`,
      frontchannel_logout_session_required: true,
    },
  };
  return Object.assign({}, ...channels.map((channel) => addresses[channel]));
}

/** Its page whether to sign out, without the font that its own loads from elsewhere. The form and the button's names are its own. */
export function signOutQuestion(ctx, form) {
  ctx.body = `<!doctype html><title>Sign out</title>${form}
    <button type="submit" form="op.logoutForm" value="yes" name="logout">Yes, sign me out</button>`;
}

export function textOfError(ctx, out) {
  ctx.type = 'text';
  ctx.body = JSON.stringify(out);
}
