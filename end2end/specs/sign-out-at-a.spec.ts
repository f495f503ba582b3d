import { randomUUID } from 'node:crypto';
import { expectAccepted, expectSessionEnded } from '../fixtures/expect';
import { Person } from '../fixtures/person';
import { expect, test } from '../fixtures/test';
import { BY_ANY_WAY } from '../pages/app';

/// RPI-23, RPI-26, RPI-30, BCL-40, T-02
test("signing out at A locks B's open tab and ends its access token", async ({ alice, demo }) => {
  const { a, b } = await alice.signedInAtBoth();
  const { access_token } = await b.tokens();
  await expectAccepted(demo, b);
  const note = `secret ${randomUUID()}`;
  await b.addNote(note);

  await a.signOutAndReturn();

  await b.expectLocked(BY_ANY_WAY);
  await expect(b.body).not.toContainText(note);
  await b.expectNoTokens();
  await expectSessionEnded(demo, access_token);
});

/// CORE-02
test('after signing out at A, both apps ask for the password again', async ({ alice }) => {
  const { a } = await alice.signedInAtBoth();
  await a.signOutAndReturn();

  await a.open();
  await a.expectSignedOut();
  const b = await alice.openB();
  await b.expectSignedOut();
});

/// T-24
test('going back after signing out at A shows nothing of the session', async ({ alice }) => {
  const { a } = await alice.signedInAtBoth();
  await a.signOutAndReturn();
  await a.page.goBack({ waitUntil: 'commit' });
  await a.expectSignedOut();
});

/// T-09
test('every tab of B locks, and a session of the same user elsewhere stays', async ({ alice, demo, openContext }) => {
  const { a, b } = await alice.signedInAtBoth();
  const secondTab = await alice.signedInAtB();
  const elsewhere = new Person('alice', await openContext(), demo);
  const there = await elsewhere.signedInAtBoth();

  await a.signOutAndReturn();

  await b.expectLocked({ reason: BY_ANY_WAY.reason });
  await secondTab.expectLocked({ reason: BY_ANY_WAY.reason });
  await there.a.expectSignedIn('alice');
  await there.b.expectSignedIn('alice');
  await expectAccepted(demo, there.b);
});
