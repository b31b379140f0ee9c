import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { SentEvent } from '../../src/hooks/event.ts';
import { MqttReceiver } from '../../src/hooks/mqtt-receiver.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { certificateMaker } from '../api/self-signed.ts';
import { freePort } from '../system/free-port.ts';
import { until } from '../until.ts';
import { type Broker, type Listener, listenTo, startBroker } from './mosquitto.ts';
import { begin, closedAfter, closeOpened, end, openHook, word } from './telling.ts';

const EVENT: SentEvent = {
  id: 'evt_1',
  type: 'stream.up',
  timestamp: '',
  stream: 'yard',
  link: '',
  picture: '',
};

function receiver(
  url: string,
  options: Partial<ConstructorParameters<typeof MqttReceiver>[0]> = {},
): MqttReceiver {
  return new MqttReceiver({
    ...{ url, caFile: undefined, timeout: 5000, discovery: 'homeassistant' },
    log: { info: () => {}, warn: () => {} },
    page: (stream) => `http://cams.example.org/?stream=${stream}`,
    ...options,
  });
}

/** Words of the events among what was heard. */
function words(heard: readonly string[]): string[] {
  const topic = 'cams/yard/events ';
  const events = heard.filter((line) => line.startsWith(topic)).map((line) => line.slice(topic.length));
  return events.map((text) => word(JSON.parse(text) as SentEvent));
}

describe('a hook with an MQTT broker', () => {
  let broker: Broker;
  let url: string;
  let listener: Listener;
  afterEach(closeOpened);
  before(async () => {
    broker = await startBroker();
    url = `mqtt://127.0.0.1:${broker.port}/cams`;
    listener = await listenTo(url);
  });
  after(async () => {
    await listener.close();
    await broker.stop();
  });
  const isNow = (topic: string, payload: string) =>
    until(`${topic} ${payload}`, 10, () => listener.newest.get(topic) === payload);

  test('publishes events, and what stays: that it is there, how streams stand, which classes go on', async () => {
    const told = closedAfter(receiver(url));
    const store = new MemoryStore();
    const { stands, counts } = await openHook(store, told);
    stands({ condition: 'up' });
    await begin(store, 'a');
    await begin(store, 'b', { class: 'a.b:c', duration: 0 });
    await isNow('cams/yard/classes/person', 'ON');
    await end(store, 'a');
    await isNow('cams/yard/classes/person', 'OFF');
    stands({ condition: 'lost', reason: 'its source is silent' });
    await isNow('cams/yard/state', 'lost');
    await until('six events', 10, () => counts.sent === 6);
    // The broker may acknowledge what it has not passed on yet.
    await until('six are heard', 10, () => words(listener.heard).length >= 6);
    assert.deepEqual(words(listener.heard).sort(), [
      'begun a',
      'begun b',
      'ended a',
      'ended b',
      'lost',
      'up',
    ]);
    const late = closedAfter(await listenTo(url));
    await until('all that stays', 10, () => late.newest.size >= 5);
    assert.deepEqual([...late.newest].filter(([topic]) => topic.startsWith('cams/')).sort(), [
      ['cams/status', 'online'],
      ['cams/yard/classes/a.b:c', 'OFF'],
      ['cams/yard/classes/person', 'OFF'],
      ['cams/yard/state', 'lost'],
    ]);
  });

  test('is found by Home Assistant, whatever classes are called, and described anew when that starts', async () => {
    const told = closedAfter(receiver(url));
    const store = new MemoryStore();
    const { stands } = await openHook(store, told);
    stands({ condition: 'up' });
    await begin(store, 'a', { class: 'a.b:c' });
    const topic = 'homeassistant/device/hlsstream_cams_yard/config';
    await until('it is described', 10, () => listener.newest.get(topic)?.includes('a.b:c') === true);
    await isNow('cams/yard/classes/a.b:c', 'ON');
    const { components, device, availability_topic } = JSON.parse(listener.newest.get(topic) ?? '');
    assert.equal(availability_topic, 'cams/status');
    assert.deepEqual(device.identifiers, ['hlsstream_cams_yard']);
    for (const [id, each] of Object.entries(components as Record<string, Record<string, string>>)) {
      // Home Assistant takes no other characters in ids.
      assert.match(`${id} ${each.unique_id}`, /^[A-Za-z0-9_-]+ [A-Za-z0-9_-]+$/);
      if (each.platform !== 'event') assert.ok(listener.newest.has(each.state_topic ?? ''), each.state_topic);
    }
    const before = listener.heard.length;
    await listener.client.publishAsync('homeassistant/status', 'online', { qos: 1 });
    await until('it is described again, and its state told', 10, () => {
      const since = listener.heard.slice(before);
      return since.includes('cams/yard/state up') && since.some((line) => line.startsWith(`${topic} `));
    });
  });

  test('says that it is gone when it leaves, and whoever takes over speaks after the last will', async () => {
    const told = closedAfter(receiver(url));
    told.open('first');
    await isNow('cams/status', 'online');
    await told.close();
    await isNow('cams/status', 'offline');
    const [cut, next] = [closedAfter(receiver(url)), closedAfter(receiver(url))];
    cut.open('same');
    await isNow('cams/status', 'online');
    const from = listener.heard.length;
    next.open('same');
    const since = () => listener.heard.slice(from).filter((line) => line.startsWith('cams/status'));
    await until('taken over', 10, () => since().length >= 2);
    assert.deepEqual(since().slice(0, 2), ['cams/status offline', 'cams/status online']);
  });

  test('brings everything over a broker that dies, in order, and what stays to one that has forgotten it', async () => {
    const told = closedAfter(receiver(url));
    const store = new MemoryStore();
    const { hook, stands, counts } = await openHook(store, told);
    const from = listener.heard.length;
    stands({ condition: 'up' });
    for (let n = 0; n < 10; n += 1) await begin(store, `m${n}`);
    await until('all begins are told', 10, () => counts.sent === 11);
    await broker.kill();
    for (let n = 0; n < 10; n += 1) await end(store, `m${n}`);
    await begin(store, 'late', { duration: 0 });
    await until('it is missed', 10, () => told.trouble !== undefined);
    assert.match(told.trouble ?? '', /^mqtt mqtt:\/\/127\.0\.0\.1:\d+\/cams /);
    assert.equal(hook.trouble, told.trouble);
    await broker.restart();
    await until('the listener is back', 10, () => listener.client.connected);
    await until('all is told', 30, () => counts.queued === 0);
    assert.equal(hook.trouble, undefined);
    const again = closedAfter(await listenTo(url));
    await until('its state is there again', 10, () => again.newest.get('cams/yard/state') === 'up');
    assert.equal(again.newest.get('cams/status'), 'online');
    // Home Assistant asks for none of it: what is not there again is gone for good.
    await until('its classes are', 10, () => again.newest.get('cams/yard/classes/person') === 'OFF');
    const found = [...again.newest].filter(([topic]) => topic.startsWith('homeassistant/device/'));
    assert.deepEqual(
      found.map(([topic, text]) => [
        topic,
        Object.keys((JSON.parse(text) as { components: object }).components).length > 2,
      ]),
      [['homeassistant/device/hlsstream_cams_yard/config', true]],
    );
    assert.equal(counts.sent, 23);
    const begun = () => words(listener.heard.slice(from)).filter((each) => each.startsWith('begun m'));
    await until('all begins are heard', 10, () => new Set(begun()).size === 10);
  });
});

describe('MqttReceiver', () => {
  test('speaks TLS with a broker that its file vouches for, by a login, and with no other', async () => {
    const maker = await certificateMaker();
    const [{ tlsCert, tlsKey }, { tlsCert: stranger }] = await Promise.all([
      maker.make('broker'),
      maker.make('stranger'),
    ]);
    const passwords = join(maker.folder, 'passwords');
    await writeFile(passwords, '');
    execFileSync('mosquitto_passwd', ['-b', passwords, 'us@er', 'p/w-of-it']);
    const broker = await startBroker([
      ...[`certfile ${tlsCert}`, `keyfile ${tlsKey}`, 'allow_anonymous false', `password_file ${passwords}`],
      // It would give up being root, and then could not read what is root's.
      ...(process.getuid?.() === 0 ? ['user root'] : []),
    ]);
    const url = `mqtts://us%40er:p%2Fw-of-it@127.0.0.1:${broker.port}/cams`;
    const trusted = receiver(url, { caFile: tlsCert });
    const wrong = receiver(url, { caFile: stranger });
    const refused = receiver(url.replace('p%2Fw-of-it', 'not-it'), { caFile: tlsCert });
    try {
      for (const [id, each] of [trusted, wrong, refused].entries()) each.open(String(id));
      assert.deepEqual(await trusted.send(EVENT, new AbortController().signal), { type: 'sent' });
      await until('both are refused', 10, () => wrong.trouble !== undefined && refused.trouble !== undefined);
      assert.match(wrong.trouble ?? '', /self.signed certificate/);
      assert.match(refused.trouble ?? '', /Not authorized/);
      assert.equal(trusted.label, `mqtt mqtts://127.0.0.1:${broker.port}/cams`);
      assert.doesNotMatch(`${wrong.trouble}${refused.trouble}`, /us@er|us%40er|w-of-it|not-it/);
    } finally {
      await Promise.all([trusted.close(), wrong.close(), refused.close()]);
      await broker.stop();
      await maker.remove();
    }
  });

  test('says why it is not connected with one that is not there or says nothing, and sends nothing then', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const away = receiver(`mqtt://127.0.0.1:${await freePort()}/cams`);
    const mute = receiver(`mqtt://127.0.0.1:${(silent.address() as AddressInfo).port}/cams`, {
      timeout: 200,
    });
    away.open('a');
    mute.open('b');
    await until('both are missed', 10, () => away.trouble !== undefined && mute.trouble !== undefined);
    assert.match(away.trouble ?? '', /cannot be used \(connect ECONNREFUSED/);
    assert.match(mute.trouble ?? '', /cannot be used \(.*(connack timeout|no answer within 0\.2 s)/);
    const stopping = new AbortController();
    const sending = away.send(EVENT, stopping.signal);
    stopping.abort();
    assert.equal((await sending).type, 'interrupted');
    await Promise.all([away.close(), mute.close()]);
    silent.close();
  });
});
