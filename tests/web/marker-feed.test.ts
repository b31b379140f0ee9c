import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openMarkerFeed } from '../../web/api/marker-feed.ts';

/** What a browser's EventSource is, as far as the feed goes. */
class FakeEventSource extends EventTarget {
  static opened: FakeEventSource[] = [];
  closed = false;
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  close(): void {
    this.closed = true;
  }

  say(type: string, data: unknown, lastEventId: string): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }));
  }
}

const marker = (id: string) => ({
  ...{ id, time: 1, date: '2026-01-02T12:00:00.000Z', duration: 0, text: 'x' },
  ...{ class: 'note', source: 'api', data: {} },
});

/** A server whose lists are answered in turn. */
function server(
  t: TestContext,
  pages: readonly { markers: unknown[]; next: string | null; cursor: string }[],
) {
  const asked: string[] = [];
  const before = { fetch: globalThis.fetch, EventSource: globalThis.EventSource };
  FakeEventSource.opened = [];
  Object.assign(globalThis, {
    EventSource: FakeEventSource,
    fetch: async (url: string) => {
      asked.push(url.slice(url.indexOf('?')));
      return new Response(JSON.stringify(pages[asked.length - 1]));
    },
  });
  t.after(() => Object.assign(globalThis, before));
  return asked;
}

async function turns(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

test('a feed whose place is not known any more fetches all markers and goes on from there', async (t) => {
  const asked = server(t, [
    { markers: [marker('a')], next: null, cursor: 'g-1' },
    { markers: [marker('b')], next: 'page 2', cursor: 'g-70' },
    { markers: [marker('c')], next: null, cursor: 'g-71' },
  ]);
  const told: string[] = [];
  const feed = openMarkerFeed('http://host/markers', {
    reset: (markers) => told.push(`all ${markers.map(({ id }) => id)}`),
    change: (changes) => told.push(...changes.map(({ op, marker: { id } }) => `${op} ${id}`)),
    stream: () => {},
    connected: (up) => told.push(String(up)),
  });
  await turns(() => FakeEventSource.opened.length === 1);
  const [first] = FakeEventSource.opened;
  first?.dispatchEvent(new Event('open'));
  first?.say('reset', { cursor: 'g-60' }, 'g-60');
  assert.equal(first?.closed, true);
  await turns(() => FakeEventSource.opened.length === 2);
  const [, second] = FakeEventSource.opened;
  assert.equal(second?.url, 'http://host/markers/events?cursor=g-70');
  second?.say('markers', { changes: [{ op: 'open', marker: marker('d') }] }, 'g-72');
  assert.deepEqual(told, ['all a', 'true', 'all b,c', 'open d']);
  assert.equal(asked.length, 3);
  feed.close();
});
