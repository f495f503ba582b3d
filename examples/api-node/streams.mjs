// The open tabs: each session's own streams hear of its end, and no other's.

const MOST = 10_000;
const MOST_OF_A_SESSION = 32;
const BEAT_MS = 20_000;

export class Streams {
  #open = new Map(); // response -> whose it is

  open(response, who) {
    const ofSession = [...this.#open.values()].filter(({ sid, sub }) => sid === who.sid && sub === who.sub).length;
    if (this.#open.size >= MOST || ofSession >= MOST_OF_A_SESSION) {
      response.writeHead(503, { 'Retry-After': '5', 'Cache-Control': 'no-store' });
      return response.end();
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': open\n\n');
    const beat = setInterval(() => response.write(': still here\n\n'), BEAT_MS);
    this.#open.set(response, who);
    response.once('close', () => {
      clearInterval(beat);
      this.#open.delete(response);
    });
  }

  /** Tells the streams that the event ends, and closes them. */
  tell({ sid, sub, notBefore }) {
    for (const [response, who] of this.#open) {
      const ends = sid !== undefined ? who.sid === sid : who.sub === sub && who.auth_time <= notBefore;
      if (ends) response.end(`event: sign-out\ndata: ${JSON.stringify({ channel: 'back-channel' })}\n\n`);
    }
  }

  close() {
    for (const response of this.#open.keys()) response.end();
  }
}
