// node-oidc-provider 6, which has a front channel and session management, in the embedded provider's place: the same issuer,
// App A and App B as its clients, and an app that monitors the session.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider-6';
import { logoutAddresses, serveProvider, signOutQuestion, textOfError } from './node-oidc-provider-server.mjs';

const { provider: issuer, appA, appB, monitor, appASecret, channels } = JSON.parse(process.argv[2]);
const AUDIENCE = `${appB}/api`;
const SCOPES = 'openid profile notes';
const { Check, Prompt, base } = Provider.interactionPolicy;

const client = (client_id, redirect_uris, rest) => ({
  client_id,
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris,
  scope: SCOPES,
  ...rest,
});

// By its name on the provider's site, and by that on another.
const monitorAddresses = [monitor, monitor.replace('localhost', '127.0.0.1')].flatMap((origin) => [`${origin}/`, `${origin}/silent`]);

// In place of a consent page: these apps have been allowed what they ask for.
const policy = base();
policy.remove('consent');
const allowed = new Check('allowed', 'notes down that this app has been allowed what it asks for', ({ oidc }) => {
  const { clientId } = oidc.client;
  oidc.session.ensureClientContainer(clientId);
  oidc.session.promptedScopesFor(clientId, oidc.requestParamScopes);
  return false;
});
policy.add(new Prompt({ name: 'consent' }, allowed));

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(issuer, {
  clients: [
    client('app-a', [`${appA}/callback`], {
      client_secret: appASecret,
      post_logout_redirect_uris: [`${appA}/signed-out`],
      ...logoutAddresses(appA, channels),
    }),
    client('app-b', [`${appB}/callback`, `${appB}/callback/silent`], {
      token_endpoint_auth_method: 'none',
      post_logout_redirect_uris: [`${appB}/`],
      ...logoutAddresses(appB, channels),
    }),
    client('monitor', monitorAddresses, { token_endpoint_auth_method: 'none' }),
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'of-this-run', alg: 'RS256', use: 'sig' }] },
  // By default `none`, with a second cookie for browsers that do not take it. These are all that there is over http, and at a
  // sign-out they stay.
  cookies: { keys: ['a-key-of-this-run'], long: { sameSite: 'lax' } },
  scopes: SCOPES.split(' '),
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
  // Whoever has an access token for an API gets nothing at userinfo; so the ID token says who the user is.
  conformIdTokenClaims: false,
  clientBasedCORS: () => true,
  findAccount: (_ctx, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, name: accountId, preferred_username: accountId }),
  }),
  // As `expiresWithSession` has it, these end with the session.
  issueRefreshToken: (_ctx, { clientId }) => clientId === 'app-b',
  audiences: (_ctx, _accountId, { clientId }) => (clientId === 'app-b' ? AUDIENCE : undefined),
  extraAccessTokenClaims: (_ctx, { sid }) => ({ sid }),
  formats: { AccessToken: (_ctx, { aud }) => (aud ? 'jwt-ietf' : 'opaque') },
  ttl: { AccessToken: 300 },
  features: {
    devInteractions: { enabled: false },
    // With the drafts that this version has of them.
    backchannelLogout: { enabled: channels.includes('back-channel'), ack: 'draft-06' },
    frontchannelLogout: { enabled: channels.includes('front-channel'), ack: 'draft-04' },
    sessionManagement: { enabled: true, ack: 'draft-30' },
    ietfJWTAccessTokenProfile: { enabled: true, ack: 'draft-05' },
    issAuthResp: { enabled: true, ack: 'draft-00' },
    revocation: { enabled: true },
    rpInitiatedLogout: { logoutSource: signOutQuestion },
  },
  interactions: { policy, url: (_ctx, { uid }) => `/interaction/${uid}` },
  renderError: textOfError,
});

for (const event of ['server_error', 'authorization.error', 'grant.error', 'backchannel.error', 'end_session.error']) {
  provider.on(event, (_ctx, error) => console.error(event, error));
}

serveProvider(provider, provider.callback, (account) => ({ account }));
