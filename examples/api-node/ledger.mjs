// The record of ended sessions: a file that is only ever appended to, and a copy of it in memory, which every request asks.

import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How long an end is remembered, in seconds: no session and no access token of this API may live longer. */
export const SESSION_LIFETIME = 24 * 60 * 60;
/** A bound on what is kept in memory. Beyond it nothing is forgotten: new ends are refused, and the provider tries again. */
const MOST = 1_000_000;

export class Ledger {
  #file;
  #bySid = new Map(); // sid -> when it may be forgotten
  #bySub = new Map(); // sub -> { notBefore, until }
  #tokens = new Map(); // jti -> what the token ended

  static async open(folder) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'ended-sessions.jsonl');
    const ledger = new Ledger();
    const text = await readFile(path, 'utf8').catch((error) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    // A last line that was cut off by a crash was never acknowledged.
    for (const line of text.split('\n').slice(0, -1)) ledger.#remember(JSON.parse(line));
    ledger.#file = await open(path, 'a', 0o600);
    if (text !== '' && !text.endsWith('\n')) await ledger.#file.appendFile('\n');
    return ledger;
  }

  /** Records an event: it is on disk when this resolves. The same event twice is one. */
  async end(event) {
    if (this.#bySid.size + this.#bySub.size >= MOST) throw new Error('the record of ended sessions is full');
    await this.#file.appendFile(`${JSON.stringify({ ...event, at: Date.now() / 1000 })}\n`);
    await this.#file.datasync();
    this.#remember({ ...event, at: Date.now() / 1000 });
  }

  /** Whether a token with this `jti` has ended something else. */
  isReplayed({ jti, sid, sub }) {
    const known = this.#tokens.get(jti);
    return known !== undefined && known !== subject(sid, sub);
  }

  /** The one rule: a `sid` has ended for good; a user's sessions have up to the instant of the sign-out. */
  hasEnded({ sid, sub, auth_time }) {
    const now = Date.now() / 1000;
    if (sid !== undefined && (this.#bySid.get(sid) ?? 0) > now) return true;
    const user = this.#bySub.get(sub);
    return user !== undefined && user.until > now && auth_time <= user.notBefore;
  }

  async close() {
    await this.#file.close();
  }

  #remember({ sid, sub, notBefore, jti, at }) {
    const until = at + SESSION_LIFETIME;
    if (jti !== undefined) this.#tokens.set(jti, subject(sid, sub));
    // A token that names a session ends that session, and never all of the user's.
    if (sid !== undefined) this.#bySid.set(sid, until);
    else if ((this.#bySub.get(sub)?.notBefore ?? -1) < notBefore) this.#bySub.set(sub, { notBefore, until });
    const now = Date.now() / 1000;
    for (const [sid, until] of this.#bySid) {
      // In the order in which they came: the first that is kept ends the search.
      if (until > now) break;
      this.#bySid.delete(sid);
    }
  }
}

const subject = (sid, sub) => JSON.stringify([sid, sub]);
