// An Express app with express-openid-connect: it keeps its sessions on its server, and takes logout tokens.
import { createServer } from 'node:http';
import express from 'express';
import { auth } from 'express-openid-connect';
import { serve } from './serve.mjs';

const { clientId, clientSecret, provider, origin } = JSON.parse(process.argv[2]);

/** A store in the shape that express-session has. */
class MemoryStore {
  entries = new Map();

  get(id, done) {
    done(null, this.entries.get(id));
  }

  set(id, value, done) {
    this.entries.set(id, value);
    done(null);
  }

  destroy(id, done) {
    this.entries.delete(id);
    done(null);
  }
}

const app = express();

app.get('/healthz', (_request, response) => {
  response.send('ok');
});

app.use(
  auth({
    issuerBaseURL: provider,
    baseURL: origin,
    clientID: clientId,
    clientSecret,
    secret: 'a-secret-of-this-run',
    authRequired: false,
    idpLogout: true,
    enableTelemetry: false,
    authorizationParams: { response_type: 'code', scope: 'openid profile' },
    session: { store: new MemoryStore() },
    backchannelLogout: true,
  }),
);

app.get('/', (request, response) => {
  response.send(request.oidc.isAuthenticated() ? `signed in as ${request.oidc.user.preferred_username}` : 'signed out');
});

app.get('/api', (request, response) => {
  response.status(request.oidc.isAuthenticated() ? 200 : 401).end();
});

serve(createServer(app), origin);
