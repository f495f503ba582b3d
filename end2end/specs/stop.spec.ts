import { Demo } from '../fixtures/demo';
import { Person } from '../fixtures/person';
import { test } from '../fixtures/test';

/// T-27
test('the server stops in time while tabs have their streams open', async ({ context, topology }) => {
  const demo = await Demo.start(topology);
  const alice = new Person('alice', context, demo);
  await alice.signedInAtBoth();
  await demo.stop();
});
