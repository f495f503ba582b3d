import { randomUUID, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from '../fixtures/api';
import { Demo } from '../fixtures/demo';
import { signedJwt, type Claims } from '../fixtures/jwt';
import { freePortBase } from '../fixtures/ports';
import { NodeProcess, type ServerProcess } from '../fixtures/server-process';
import { expect, test as base } from '../fixtures/test';
import { accepted, refused, Sender, type Target } from '../fixtures/vectors';

/** `examples/api-node`: what docs/adopt.md asks of an API, in another language than the rest. */
class NodeApi {
  readonly clientId = 'notes-api';

  private constructor(
    readonly demo: Demo,
    readonly origin: string,
    readonly sender: Sender,
    private readonly process: ServerProcess,
    private readonly folder: string,
    private readonly key: KeyObject,
  ) {}

  static async start(demo: Demo): Promise<NodeApi> {
    const port = await freePortBase();
    const folder = await mkdtemp(join(tmpdir(), 'curfew-api-node-'));
    const origin = `http://127.0.0.1:${port}`;
    const environment = { ISSUER: demo.provider, CLIENT_ID: 'notes-api', PORT: String(port), AUDIENCE: `${origin}/api`, DATA: folder };
    const script = join(__dirname, '../../examples/api-node/api.mjs');
    const process_ = new NodeProcess([script], [origin], environment);
    await process_.start();
    return new NodeApi(demo, origin, await Sender.of(demo), process_, folder, await demo.providerKey());
  }

  async restart(): Promise<void> {
    await this.process.kill();
    await this.process.start();
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A session of its own, which no other test ends. */
  target(): Target {
    return { app: this.origin, aud: this.clientId, sid: randomUUID(), sub: randomUUID() };
  }

  /** An access token as the provider makes them, with these claims put in place. */
  async token({ sid, sub }: Target, claims: Claims = {}, header: Claims = {}): Promise<string> {
    const jwks = (await (await request(`${this.demo.provider}/jwks`)).json()) as { keys: { kid: string; alg: string }[] };
    const kid = jwks.keys.find(({ alg }) => alg === 'RS256')?.kid;
    const now = Math.floor(Date.now() / 1000);
    const iss = this.demo.provider;
    const all = { iss, aud: `${this.origin}/api`, sub, sid, auth_time: now - 5, iat: now, exp: now + 300, jti: randomUUID(), ...claims };
    return signedJwt({ typ: 'at+jwt', kid, ...header }, all, this.key);
  }

  async ask(token: string, scheme = 'Bearer'): Promise<[status: number, reason: string | undefined]> {
    const answer = await request(`${this.origin}/api/hello`, { headers: { Authorization: `${scheme} ${token}` } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    return [answer.status, ((await answer.json()) as { reason?: string }).reason];
  }

  end(target: Target): Promise<{ answer: Response }> {
    return this.sender.send({ name: 'good' }, target);
  }
}

const test = base.extend<{ api: NodeApi }>({
  api: async ({ demo }, use) => {
    const api = await NodeApi.start(demo);
    await use(api);
    await api.stop();
  },
});

/** BCL-28, BCL-30..36, BCL-47..49, T-30 */
test('it refuses every bad logout token, and takes every good one', async ({ api }) => {
  const target = api.target();
  const token = await api.token(target);
  for (const vector of refused()) {
    const { first, answer } = await api.sender.send(vector, target);
    expect(first?.status ?? 200, `${vector.name}: the first`).toBe(200);
    expect(answer.status, vector.name).toBe(vector.status ?? 400);
    expect(answer.headers.get('cache-control'), vector.name).toBe('no-store');
  }
  expect(await api.ask(token), 'nothing has ended').toEqual([200, undefined]);

  for (const vector of accepted()) {
    const target = api.target();
    const token = await api.token(target);
    const { answer } = await api.sender.send(vector, target);
    expect(answer.status, vector.name).toBe(200);
    const ends = (vector as { ends?: string }).ends === 'session';
    expect(await api.ask(token), vector.name).toEqual(ends ? [401, 'session_ended'] : [200, undefined]);
  }
});

/** BCL-12, T-30 */
test('it says why it refuses an access token, and the end of the session before all else', async ({ api }) => {
  const target = api.target();
  const now = Math.floor(Date.now() / 1000);
  const tokens: [token: string, reason: string][] = [
    [await api.token(target, { exp: now - 1 }), 'expired'],
    [await api.token(target, { aud: 'another' }), 'invalid'],
    [await api.token(target, { iss: 'https://elsewhere.example' }), 'invalid'],
    [await api.token(target, {}, { typ: 'JWT' }), 'invalid'],
    [`${(await api.token(target)).slice(0, -4)}AAAA`, 'invalid'],
    [await api.token(target, { cnf: { jkt: 'x' } }), 'proof'],
  ];
  for (const [token, reason] of tokens) expect(await api.ask(token)).toEqual([401, reason]);
  await api.end(target);
  expect(await api.ask(await api.token(target, { exp: now - 1 }))).toEqual([401, 'session_ended']);
  expect(await api.ask(await api.token(target, { cnf: { jkt: 'x' } }))).toEqual([401, 'session_ended']);
});

/** T-16 */
test('it tells the open streams of that session, and remembers over a crash, without its provider', async ({ api }) => {
  const [ended, other] = [api.target(), api.target()];
  const open = async (target: Target) => {
    const headers = { Authorization: `Bearer ${await api.token(target)}` };
    const answer = await fetch(`${api.origin}/api/events`, { headers, signal: AbortSignal.timeout(20_000) });
    expect(answer.status).toBe(200);
    return answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  };
  const [stream, others] = [await open(ended), await open(other)];
  await stream.read();
  await others.read();
  await api.end(ended);
  expect((await stream.read()).value).toContain('event: sign-out');

  const [hers, theirs] = [await api.token(ended), await api.token(other)];
  await api.demo.kill();
  await api.restart();
  expect(await api.ask(hers)).toEqual([401, 'session_ended']);
  expect(await api.ask(theirs)).toEqual([200, undefined]);
  await api.demo.startAgain();
  await others.cancel().catch(() => {});
});
