import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Relay } from '../../src/launcher/relay.ts';
import { loopback } from '../store/loopback.ts';

/** A pretended child: what it says and what it hears. */
function child() {
  const { child, parent } = loopback();
  const heard: unknown[] = [];
  child.on('message', (message) => heard.push(message));
  const say = async (message: unknown) => {
    child.send(message, undefined, undefined, () => {});
    await turn();
    await turn();
  };
  return { port: parent, heard, say, leave: () => parent.emit('disconnect') };
}

describe('Relay', () => {
  test('passes a batch on untouched, with the number of its client', async () => {
    const relay = new Relay();
    const [sync, first, second] = [child(), child(), child()];
    relay.attachSync(sync.port);
    relay.attachClient(first.port);
    relay.attachClient(second.port);
    await second.say(['store', new Uint8Array([1, 2])]);
    assert.deepEqual(sync.heard, [['store', 2, new Uint8Array([1, 2])]]);
    await sync.say(['store', 2, ['answer']]);
    assert.deepEqual(first.heard, [['store-state', 'up']]);
    assert.deepEqual(second.heard, [
      ['store-state', 'up'],
      ['store', ['answer']],
    ]);
  });

  test('tells clients when sync comes, goes and comes again', async () => {
    const relay = new Relay();
    const [client, sync, next] = [child(), child(), child()];
    relay.attachClient(client.port);
    relay.attachSync(sync.port);
    sync.leave();
    relay.attachSync(next.port);
    await turn();
    assert.deepEqual(
      client.heard.map((message) => (message as string[])[1]),
      ['down', 'up', 'down', 'up'],
    );
  });

  test('says down to whoever sends while there is no sync', async () => {
    const relay = new Relay();
    const client = child();
    relay.attachClient(client.port);
    await client.say(['store', ['call']]);
    assert.deepEqual(client.heard, [
      ['store-state', 'down'],
      ['store-state', 'down'],
    ]);
  });

  test('tells sync once that a client is gone, and drops what comes for it', async () => {
    const relay = new Relay();
    const [sync, client] = [child(), child()];
    relay.attachSync(sync.port);
    const detach = relay.attachClient(client.port);
    client.leave();
    detach();
    await sync.say(['store', 1, ['late answer']]);
    assert.deepEqual(sync.heard, [['store-gone', 1]]);
    assert.deepEqual(client.heard, [['store-state', 'up']]);
    assert.equal(client.port.listenerCount('message'), 0);
  });

  test('leaves other messages alone', async () => {
    const relay = new Relay();
    const [sync, client] = [child(), child()];
    relay.attachSync(sync.port);
    relay.attachClient(client.port);
    for (const message of [['ready', { port: 1 }], 'store', { store: [] }, null]) await client.say(message);
    assert.deepEqual(sync.heard, []);
  });

  test('survives sending to a process that has just died', async () => {
    const relay = new Relay();
    const dead = fork('-', [], {
      execArgv: ['-e', 'setInterval(() => {}, 1000)'],
      serialization: 'advanced',
    });
    const left = once(dead, 'exit');
    relay.attachSync(dead);
    const client = child();
    relay.attachClient(client.port);
    await once(dead, 'spawn');
    dead.kill('SIGKILL');
    for (let n = 0; n < 50; n += 1) await client.say(['store', [n]]);
    await left;
    assert.deepEqual(client.heard.at(-1), ['store-state', 'down']);
  });
});
