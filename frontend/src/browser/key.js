// The key that App B proves possession of (RFC 9449). Its private half cannot be exported: scripts can use it, not copy it.
const DATABASE = "curfew-b";
const STORE = "keys";
const ID = "dpop";
const PATIENCE_MS = 5000;

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    setTimeout(() => reject(new Error("IndexedDB does not answer")), PATIENCE_MS);
  });

// The pair of this browser, made where there is none. Of two tabs that make one, the first is right.
export async function openPair() {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  try {
    const store = (mode) => database.transaction(STORE, mode).objectStore(STORE);
    const found = await settled(store("readonly").get(ID));
    if (found) return found;
    const made = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    await settled(store("readwrite").add(made, ID)).catch(() => {});
    return await settled(store("readonly").get(ID));
  } finally {
    database.close();
  }
}

export async function publicPoint({ publicKey }) {
  const { x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return [x, y];
}

export async function signText({ privateKey }, text) {
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  return new Uint8Array(await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(text)));
}
