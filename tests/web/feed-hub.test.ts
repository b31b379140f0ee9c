import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FeedHub, GONE_AFTER, type HubMessage, MOST_FEEDS, type TabMessage } from '../../web/api/feed-hub.ts';
import type { FeedConditions, MarkerFeedListener } from '../../web/api/marker-feed.ts';
import type { Marker } from '../../web/markers/marker-list.ts';

const URL = 'http://host/streams/yard/markers';
const looking: TabMessage = { url: URL, seen: true, reachable: true };

function marker(id: string, pts: number): Marker {
  return { id, pts, date: pts, duration: 0, text: id, class: '', source: '' };
}

/** A hub whose feeds the test drives. */
function hub() {
  const feeds: { url: string; told: MarkerFeedListener; conditions: FeedConditions; closed: boolean }[] = [];
  const of = new FeedHub((url, told, conditions) => {
    const feed = { url, told, conditions: conditions ?? looking, closed: false };
    feeds.push(feed);
    return {
      update(next) {
        feed.conditions = next;
      },
      close() {
        feed.closed = true;
      },
    };
  });
  return { of, feeds };
}

/** A tab's end, without the answers to its signs of life. */
function tab() {
  const messages: HubMessage[] = [];
  return {
    messages,
    postMessage: (message: HubMessage) => void (message.type === 'here' || messages.push(message)),
  };
}

describe('the hub of feeds', () => {
  test('holds one feed for all tabs of a stream, and tells a later tab all that there is', () => {
    const { of, feeds } = hub();
    const [first, second] = [tab(), tab()];
    of.take(first, looking, 0);
    assert.deepEqual(feeds[0]?.conditions, { seen: true, reachable: true });
    feeds[0]?.told.reset([marker('a', 1)]);
    feeds[0]?.told.connected(true);
    feeds[0]?.told.change([{ op: 'open', marker: marker('b', 2) }]);
    of.take(second, looking, 0);
    assert.equal(feeds.length, 1);
    assert.deepEqual(second.messages, [
      { type: 'reset', markers: [marker('a', 1), marker('b', 2)] },
      { type: 'connected', up: true },
    ]);
    feeds[0]?.told.change([{ op: 'delete', marker: marker('a', 1) }]);
    assert.deepEqual(first.messages.at(-1), second.messages.at(-1));
  });

  test('gives the connection up while nobody looks, and tells what was missed when somebody does', () => {
    const { of, feeds } = hub();
    const [one, other] = [tab(), tab()];
    of.take(one, looking, 0);
    of.take(other, looking, 0);
    feeds[0]?.told.reset([marker('a', 1)]);
    of.take(one, { ...looking, seen: false }, 1);
    assert.equal(feeds[0]?.conditions.seen, true);
    const before = one.messages.length;
    feeds[0]?.told.change([{ op: 'open', marker: marker('b', 2) }]);
    assert.equal(one.messages.length, before);
    of.take(other, { ...looking, seen: false }, 1);
    assert.equal(feeds[0]?.conditions.seen, false);
    of.take(one, looking, 2);
    assert.equal(feeds[0]?.conditions.seen, true);
    assert.deepEqual(one.messages.at(-1), { type: 'reset', markers: [marker('a', 1), marker('b', 2)] });
  });

  test('goes on for the others when a tab vanishes without a word, and ends with the last', () => {
    const { of, feeds } = hub();
    const [gone, here] = [tab(), tab()];
    of.take(gone, looking, 0);
    of.take(here, looking, GONE_AFTER);
    of.sweep(GONE_AFTER + 1);
    assert.deepEqual([feeds[0]?.conditions.seen, feeds[0]?.closed], [true, false]);
    of.sweep(2 * GONE_AFTER + 1);
    assert.equal(feeds[0]?.closed, true);
    // It was only slow.
    of.take(here, looking, 2 * GONE_AFTER + 2);
    assert.equal(feeds.length, 2);
  });

  test('hands objects on to those who look, and holds none of them', () => {
    const { of, feeds } = hub();
    const [here, away, later] = [tab(), tab(), tab()];
    const objects = { ...looking, url: 'http://host/streams/yard/objects/events' };
    of.take(here, objects, 0);
    of.take(away, { ...objects, seen: false }, 0);
    feeds[0]?.told.connected(true);
    feeds[0]?.told.objects?.('first', [{ pts: 1, source: 's', objects: [] }]);
    of.take(later, objects, 1);
    assert.deepEqual(here.messages, [
      { type: 'connected', up: true },
      { type: 'objects', epoch: 'first', frames: [{ pts: 1, source: 's', objects: [] }] },
    ]);
    assert.deepEqual([away.messages, later.messages], [[], [{ type: 'connected', up: true }]]);
  });

  test('lets the feeds of many streams take turns, so that connections are left for media', () => {
    const { of, feeds } = hub();
    for (let camera = 0; camera < 7; camera += 1) of.take(tab(), { ...looking, url: `${URL}/${camera}` }, 0);
    const had = new Set<string>();
    for (let sweep = 0; sweep < 3; sweep += 1) {
      const connected = feeds.filter(({ conditions }) => conditions.seen);
      assert.equal(connected.length, MOST_FEEDS);
      for (const { url } of connected) had.add(url);
      of.sweep(1);
    }
    assert.equal(had.size, 7);
  });

  test('has a feed for each stream, and tries nothing while no tab reaches the server', () => {
    const { of, feeds } = hub();
    const [one, other] = [tab(), tab()];
    of.take(one, looking, 0);
    of.take(other, { ...looking, url: `${URL}2` }, 0);
    assert.deepEqual(
      feeds.map(({ url }) => url),
      [URL, `${URL}2`],
    );
    of.take(one, { ...looking, reachable: false }, 1);
    assert.deepEqual(feeds[0]?.conditions, { seen: true, reachable: false });
  });
});
