// The guard: RFC 9068 section 4, with the record of ended sessions asked before the token's own expiry.

import { verifyJws } from './jws.mjs';
import { SESSION_LIFETIME } from './ledger.mjs';

/** `{ who }` of a good token, or `{ reason }` why not: `session_ended`, `expired`, `invalid` or `proof`. */
export async function judge(authorization, { issuer, audience, keys, ledger, now }) {
  const [, scheme, token] = /^(Bearer|DPoP) +([\w.~+/=-]+)$/i.exec(authorization ?? '') ?? [];
  if (!token) return {};
  let claims;
  try {
    claims = await verifyJws(token, keys, (typ) => typ === 'at+jwt');
  } catch (error) {
    if (!error.isRefusal) throw error;
    return { reason: 'invalid' };
  }
  const { iss, aud, exp, sid, sub, auth_time, iat, cnf } = claims;
  const isForUs = iss === issuer && [aud].flat().includes(audience) && typeof sub === 'string' && typeof exp === 'number';
  if (!isForUs) return { reason: 'invalid' };
  // First whether the session has ended: a client has to learn that, whatever else is wrong with its token. A token that does
  // not say when its user signed in was made for somebody who had.
  if (ledger.hasEnded({ sid, sub, auth_time: auth_time ?? iat ?? 0 })) return { reason: 'session_ended' };
  // An end is forgotten after a while, so no token may be good for longer, whatever it says.
  if (exp <= now || !(iat > now - SESSION_LIFETIME)) return { reason: 'expired' };
  // Proofs of possession (RFC 9449) are beyond this example: a token that is bound to a key is not good without one.
  if (cnf !== undefined || scheme.toLowerCase() === 'dpop') return { reason: 'proof' };
  return { who: { sid, sub, auth_time: auth_time ?? iat ?? 0 } };
}
