// node-oidc-provider in the embedded provider's place: the same issuer, and App A and App B as its clients.
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';
import { logoutAddresses, serveProvider, signOutQuestion, textOfError } from './node-oidc-provider-server.mjs';

const { provider: issuer, appA, appB, appASecret, channels, lacks } = JSON.parse(process.argv[2]);
const AUDIENCE = `${appB}/api`;
const SCOPES = 'openid profile notes';

const client = (client_id, origin, rest) => ({
  client_id,
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [`${origin}/callback`],
  ...logoutAddresses(origin, channels),
  scope: SCOPES,
  ...rest,
});

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(issuer, {
  clients: [
    client('app-a', appA, { client_secret: appASecret, post_logout_redirect_uris: [`${appA}/signed-out`] }),
    client('app-b', appB, {
      token_endpoint_auth_method: 'none',
      redirect_uris: [`${appB}/callback`, `${appB}/callback/silent`],
      post_logout_redirect_uris: [`${appB}/`],
    }),
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'of-this-run', alg: 'RS256', use: 'sig' }] },
  cookies: { keys: ['a-key-of-this-run'] },
  scopes: SCOPES.split(' '),
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
  // Whoever has an access token for an API gets nothing at userinfo; so the ID token says who the user is.
  conformIdTokenClaims: false,
  findAccount: (_ctx, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, name: accountId, preferred_username: accountId }),
  }),
  // In place of a consent page: these apps have been allowed what they ask for.
  loadExistingGrant: async ({ oidc: { client, session } }) => {
    const known = session.grantIdFor(client.clientId);
    if (known) return provider.Grant.find(known);
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(SCOPES);
    grant.addResourceScope(AUDIENCE, SCOPES);
    await grant.save();
    return grant;
  },
  // As `expiresWithSession` has it, these end with the session.
  issueRefreshToken: (_ctx, { clientId }) => clientId === 'app-b',
  extraTokenClaims: ({ oidc: { entities } }) =>
    lacks.includes('sid') ? {} : { sid: (entities.AuthorizationCode ?? entities.RefreshToken)?.sid },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: channels.includes('back-channel') },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: !lacks.includes('end_session_endpoint'), logoutSource: signOutQuestion },
    // App B asks for no resource: its client has one.
    resourceIndicators: {
      defaultResource: ({ oidc }) => (oidc.client.clientId === 'app-b' ? AUDIENCE : undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: SCOPES, audience: AUDIENCE, accessTokenFormat: 'jwt', accessTokenTTL: 300 }),
    },
  },
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  renderError: textOfError,
  // It refuses to call loopback addresses by a dispatcher that it hands to `fetch`.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
});

for (const event of ['server_error', 'authorization.error', 'grant.error', 'backchannel.error', 'end_session.error']) {
  provider.on(event, (_ctx, error) => console.error(event, error));
}

serveProvider(provider, provider.callback(), (accountId) => ({ accountId }));
