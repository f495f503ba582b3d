// The provider's keys: fetched at the start and when a token names one that is not known, kept on disk for a restart while the
// provider is down.

import { createPublicKey } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PATIENCE_MS = 3_000;
const COOL_DOWN_MS = 30_000;
const EVERY_MS = 60 * 60 * 1000;
const LARGEST = 256 * 1024;

export class Keys {
  #issuer;
  #path;
  #jwks;
  #fetchedAt = -Infinity;
  #timer;

  constructor(issuer, folder) {
    this.#issuer = issuer;
    this.#path = join(folder, 'jwks.json');
  }

  get areThere() {
    return this.#jwks !== undefined;
  }

  async start() {
    await mkdir(join(this.#path, '..'), { recursive: true, mode: 0o700 });
    this.#jwks = await readFile(this.#path, 'utf8').then(JSON.parse, () => undefined);
    await this.#refresh();
    this.#timer = setInterval(() => this.#refresh(), EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** The key of this kind and `kid`; without a `kid`, the only one of this kind. */
  async find(fits, kid) {
    const search = () => {
      const found = (this.#jwks?.keys ?? []).filter((jwk) => fits(jwk) && (jwk.use ?? 'sig') === 'sig');
      const named = kid === undefined ? found : found.filter((jwk) => jwk.kid === kid);
      return named.length === 1 ? named[0] : undefined;
    };
    // A key that was published a moment ago; whoever makes tokens up does not make this API ask again and again.
    if (!search() && performance.now() - this.#fetchedAt > COOL_DOWN_MS) await this.#refresh();
    if (!this.#jwks) throw new Error('the provider has not answered yet, so no token can be judged');
    const jwk = search();
    return jwk && createPublicKey({ key: jwk, format: 'jwk' });
  }

  async #refresh() {
    this.#fetchedAt = performance.now();
    try {
      const discovery = await get(`${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      if (discovery.issuer !== this.#issuer) throw new Error(`that is the metadata of ${discovery.issuer}`);
      const jwks = await get(discovery.jwks_uri);
      if (!Array.isArray(jwks.keys)) throw new Error('jwks_uri has no keys');
      this.#jwks = jwks;
      await writeFile(`${this.#path}.new`, JSON.stringify(jwks), { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
    } catch (error) {
      console.error(`the provider's keys could not be fetched: ${error.message}`);
    }
  }
}

async function get(url) {
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const text = await answer.text();
  if (text.length > LARGEST) throw new Error(`${url} answered more than ${LARGEST} letters`);
  return JSON.parse(text);
}
