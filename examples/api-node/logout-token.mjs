// OpenID Connect Back-Channel Logout 1.0: the request of section 2.5, and the checks of section 2.6.

import { refuseUnless, verifyJws } from './jws.mjs';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const LARGEST_BODY = 32 * 1024;
const CLOCKS_DIFFER = 60;
/** How old a token may be, in seconds, if it does not say when it expires. */
const OLDEST = 300;
const LONGEST_NAME = 512;

/** The one `logout_token` of a form. */
export async function tokenOfRequest(request) {
  const type = (request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  refuseUnless(type === 'application/x-www-form-urlencoded', 'the request has to be a form');
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    refuseUnless(length <= LARGEST_BODY, 'the request is too large');
    chunks.push(chunk);
  }
  const tokens = new URLSearchParams(Buffer.concat(chunks).toString()).getAll('logout_token');
  refuseUnless(tokens.length === 1, 'the form has to have one logout_token');
  return tokens[0];
}

/** What the token ends: `{ sid, sub, notBefore, jti }`. Everything else about it has been checked. */
export async function verifyLogoutToken(token, { issuer, clientId, keys, now, isReplayed }) {
  const isType = (typ) => typ === undefined || typ === 'jwt' || typ === 'logout+jwt';
  const claims = await verifyJws(token, keys, isType);
  const { iss, aud, iat, exp, jti, events, sid, sub, toe } = claims;

  refuseUnless(iss === issuer, 'iss is not the provider');
  refuseUnless([aud].flat().includes(clientId), 'aud is not this client');
  refuseUnless(isTime(iat), 'iat is no time');
  refuseUnless(iat <= now + CLOCKS_DIFFER, 'iat is in the future');
  refuseUnless(!('exp' in claims) || (isTime(exp) && exp > now - CLOCKS_DIFFER), 'the token has expired');
  refuseUnless(iat >= now - OLDEST, 'the token is too old');
  refuseUnless(isName(jti), 'jti is missing or no name');
  refuseUnless(!('nonce' in claims), 'a nonce makes it an ID token');
  refuseUnless(isObject(events) && isObject(events[EVENT]), 'events does not say that it is a sign-out');
  refuseUnless('sid' in claims || 'sub' in claims, 'neither sid nor sub');
  refuseUnless(!('sid' in claims) || isName(sid), 'sid is no name');
  refuseUnless(!('sub' in claims) || isName(sub), 'sub is no name');
  refuseUnless(!('toe' in claims) || isTime(toe), 'toe is no time');
  refuseUnless(!isReplayed(claims), 'the jti is that of another sign-out');
  return { sid, sub, jti, notBefore: Math.floor(toe ?? iat) };
}

const isTime = (value) => typeof value === 'number' && value >= 0 && value < 253_402_300_800;
const isName = (value) =>
  typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= LONGEST_NAME && !/[\0-\x1f\x7f]/.test(value);
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
