// The record of ended sessions: a file that is only ever appended to, and a copy of it in memory, which every request asks.

import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How long an end is remembered, in seconds: no session and no access token of this API may live longer. */
export const SESSION_LIFETIME = 24 * 60 * 60;
/** A bound on what is kept in memory. Beyond it nothing is forgotten: new ends are refused, and the provider tries again. */
const MOST = 1_000_000;

export class Ledger {
  #file;
  #length = 0; // of the file, in bytes: up to here it is whole lines
  #written = Promise.resolve();
  #bySid = new Map(); // sid -> when it may be forgotten
  #bySub = new Map(); // sub -> { notBefore, until }
  #tokens = new Map(); // jti -> { ended, until }: what the token ended

  static async open(folder) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'ended-sessions.jsonl');
    const ledger = new Ledger();
    const bytes = await readFile(path).catch((error) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    // A last line that was cut off by a crash was never acknowledged, and what comes next must not stand behind it.
    ledger.#length = bytes.lastIndexOf('\n') + 1;
    const lines = bytes.subarray(0, ledger.#length).toString().split('\n').slice(0, -1);
    for (const line of lines) ledger.#remember(JSON.parse(line));
    ledger.#file = await open(path, 'a', 0o600);
    await ledger.#file.truncate(ledger.#length);
    return ledger;
  }

  /** Records an event: it is on disk when this resolves. The same event twice is one. */
  async end(event) {
    this.#forget();
    if (this.#bySid.size + this.#bySub.size + this.#tokens.size >= MOST) throw new Error('the record of ended sessions is full');
    const end = { ...event, at: Date.now() / 1000 };
    // One after the other, so that a line that was written in part can be taken back.
    const written = this.#written.then(() => this.#append(Buffer.from(`${JSON.stringify(end)}\n`)));
    this.#written = written.catch(() => {});
    await written;
    this.#remember(end);
  }

  async #append(line) {
    try {
      await this.#file.appendFile(line);
      await this.#file.datasync();
      this.#length += line.length;
    } catch (error) {
      await this.#file.truncate(this.#length);
      throw error;
    }
  }

  /** Whether a token with this `jti` has ended something else. */
  isReplayed({ jti, sid, sub }) {
    const known = this.#tokens.get(jti);
    return known !== undefined && known.ended !== subject(sid, sub);
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
    if (jti !== undefined) remember(this.#tokens, jti, { ended: subject(sid, sub), until });
    // A token that names a session ends that session, and never all of the user's.
    if (sid !== undefined) remember(this.#bySid, sid, until);
    else {
      const before = this.#bySub.get(sub)?.notBefore ?? -1;
      remember(this.#bySub, sub, { notBefore: Math.max(before, notBefore), until });
    }
  }

  /** What no session and no token is old enough for. Each map is in the order of time, so the first that is kept ends it. */
  #forget() {
    const now = Date.now() / 1000;
    for (const map of [this.#bySid, this.#bySub, this.#tokens]) {
      for (const [key, value] of map) {
        if ((value.until ?? value) > now) break;
        map.delete(key);
      }
    }
  }
}

/** At the end, also where it was there before. */
function remember(map, key, value) {
  map.delete(key);
  map.set(key, value);
}

const subject = (sid, sub) => JSON.stringify([sid, sub]);
