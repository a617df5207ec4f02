import assert from 'node:assert/strict';
import { health, isDraining, setPhase } from '../../nodes/appliance/health';
import { openController } from '../../nodes/shared/controllers';
import type { Handle } from '../../src/controller';
import { FakeController, useController } from './fake-controller';
import { secretKey } from './runtime';

describe('what a probe is told', () => {
  const fake = new FakeController();
  const handles: Handle[] = [];
  const open = async (who = 'a node'): Promise<void> => {
    handles.push(await openController({ databasePath: '/nowhere', secretKey }, who));
  };

  beforeEach(() => {
    fake.opening = () => Promise.resolve();
    fake.state = 'running';
    fake.readable = true;
    useController(fake);
    setPhase('running');
  });
  afterEach(async () => {
    await Promise.all(handles.splice(0).map((handle) => handle.release()));
    useController(null);
    setPhase('starting');
  });

  it('503 until the flows are started and a controller is open', async () => {
    setPhase('starting');
    assert.deepEqual(health(), { code: 503, body: { status: 'starting' } });
    await open();
    assert.deepEqual(health(), { code: 503, body: { status: 'starting' } });
    setPhase('running');
    assert.deepEqual(health(), { code: 200, body: { status: 'ok', db: 'ok' } });
  });

  it("503 while it drains: by the flows' word, and by the controller's", async () => {
    await open();
    fake.state = 'draining';
    assert.deepEqual(health(), { code: 503, body: { status: 'draining' } });
    fake.state = 'running';
    setPhase('draining');
    assert.deepEqual(health(), { code: 503, body: { status: 'draining' } });
    assert.equal(isDraining(), true);
  });

  it('503 with the reason, and nothing more, when a database could not be opened or stopped answering', async () => {
    fake.opening = () => Promise.reject(Object.assign(new Error('/secret/path is in use'), { code: 'database_in_use' }));
    await assert.rejects(open());
    assert.deepEqual(health(), { code: 503, body: { status: 'error', db: 'error', reason: 'database_in_use' } });
    fake.opening = () => Promise.resolve();
    await open();
    assert.equal(health().code, 200);
    fake.readable = false;
    assert.deepEqual(health(), { code: 503, body: { status: 'error', db: 'error', reason: 'database-unreadable' } });
  });
});
