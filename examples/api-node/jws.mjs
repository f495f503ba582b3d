// A signed token, taken apart and checked: RFC 7515, as strictly as a token that ends sessions deserves.

import { verify } from 'node:crypto';

const ALGORITHMS = { RS256: { kty: 'RSA' }, ES256: { kty: 'EC', crv: 'P-256' } };
const LONGEST = 16 * 1024;

/** What whoever sent the token did wrong: told to them, and nothing has changed. */
export class Refusal extends Error {
  isRefusal = true;
}

export function refuseUnless(condition, message) {
  if (!condition) throw new Refusal(message);
}

/** Header and claims of a token that is signed by one of these keys and of one of these types. */
export async function verifyJws(token, keys, isType) {
  refuseUnless(token.length <= LONGEST, 'the token is too long');
  const parts = token.split('.');
  refuseUnless(parts.length === 3, 'not a signed token: it has to have three parts');
  const [head, payload, signature] = parts;
  const header = object(decode(head));
  const { alg, kid, typ } = header;
  refuseUnless(!('crit' in header), 'the token wants an extension understood');
  refuseUnless(typeof alg === 'string' && ALGORITHMS[alg], 'alg is not one that is taken here');
  refuseUnless(kid === undefined || typeof kid === 'string', 'kid is no text');
  refuseUnless(typ === undefined || typeof typ === 'string', 'typ is no text');
  refuseUnless(isType(typ?.toLowerCase().replace(/^application\//, '')), 'typ is another');
  const { kty, crv } = ALGORITHMS[alg];
  const key = await keys.find((jwk) => jwk.kty === kty && jwk.crv === crv && (jwk.alg ?? alg) === alg, kid);
  refuseUnless(key, 'no key of the provider fits the token');
  const isGood = verify('sha256', Buffer.from(`${head}.${payload}`), { key, dsaEncoding: 'ieee-p1363' }, decode(signature));
  refuseUnless(isGood, 'the signature is wrong');
  return object(decode(payload));
}

/** base64url without padding, and nothing besides. */
function decode(text) {
  const bytes = Buffer.from(text, 'base64url');
  refuseUnless(text !== '' && bytes.toString('base64url') === text, 'the token is not base64url');
  return bytes;
}

/** A JSON object that says everything once. */
function object(bytes) {
  let value;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
    refuseUnless(saysOnce(text, value), 'the token says something twice');
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('the token is not JSON');
  }
  refuseUnless(value !== null && typeof value === 'object' && !Array.isArray(value), 'the token is no JSON object');
  return value;
}

/** JSON.parse takes the last of two members with one name: then what was parsed has fewer members than what was written. */
function saysOnce(text, value) {
  // Strings one after the other; a colon behind one makes it a name.
  const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon).length;
  let kept = 0;
  const count = (value) => {
    if (value === null || typeof value !== 'object') return;
    if (!Array.isArray(value)) kept += Object.keys(value).length;
    Object.values(value).forEach(count);
  };
  count(value);
  return written === kept;
}
