// What App B keeps in IndexedDB: the key that it proves possession of (RFC 9449), whose private half scripts can use and not
// copy; and which renewals there were, because all processes of a browser see the same here at once.
const DATABASE = "curfew-b";
const STORE = "keys";
const PAIR = "dpop";
const RENEWAL = "renewal";
const PATIENCE_MS = 5000;

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    setTimeout(() => reject(new Error("IndexedDB does not answer")), PATIENCE_MS);
  });

async function withStore(use) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  try {
    return await use((mode) => database.transaction(STORE, mode).objectStore(STORE));
  } finally {
    database.close();
  }
}

// The pair of this browser, made where there is none. Of two tabs that make one, the first is right.
export function openPair() {
  return withStore(async (store) => {
    const found = await settled(store("readonly").get(PAIR));
    if (found) return found;
    const made = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    await settled(store("readwrite").add(made, PAIR)).catch(() => {});
    return await settled(store("readonly").get(PAIR));
  });
}

export const lastRenewals = () => withStore((store) => settled(store("readonly").get(RENEWAL)));
export const noteRenewals = (text) => withStore((store) => settled(store("readwrite").put(text, RENEWAL)));

export async function publicPoint({ publicKey }) {
  const { x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return [x, y];
}

export async function signText({ privateKey }, text) {
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  return new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(text)));
}
