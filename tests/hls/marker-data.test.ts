import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { markerFold } from '../../src/hls/marker-checkpoint.ts';
import { faultOfMarkerData } from '../../src/hls/marker-data.ts';
import { applyMarkerEntry, emptyMarkerState, type Marker } from '../../src/hls/marker-log.ts';
import { fixture } from '../api/fixture.ts';
import { assertError } from '../api/http.ts';
import { SseClient } from '../api/sse-client.ts';

const nested = (depth: number, kind: 'array' | 'object'): Record<string, unknown> => {
  const [open, close] = kind === 'array' ? ['[', ']'] : ['{"a":', '}'];
  return JSON.parse(`{"a":${open.repeat(depth - 1)}1${close.repeat(depth - 1)}}`);
};

describe('the data of a marker', () => {
  test('may be 16 deep, hold 1000 values, and be 4096 bytes long as JSON', () => {
    for (const kind of ['array', 'object'] as const) {
      assert.equal(faultOfMarkerData(nested(16, kind)), undefined);
      assert.match(faultOfMarkerData(nested(17, kind)) ?? '', /16 deep/);
      assert.match(faultOfMarkerData(nested(100_000, kind)) ?? '', /16 deep/);
    }
    assert.equal(faultOfMarkerData({ a: Array(999).fill(1) }), undefined);
    assert.match(faultOfMarkerData({ a: Array(1000).fill(1) }) ?? '', /1000 values/);
    assert.equal(faultOfMarkerData({ a: 'ä'.repeat(2044) }), undefined);
    assert.match(faultOfMarkerData({ a: 'ä'.repeat(2045) }) ?? '', /4096 bytes/);
    const circle: Record<string, unknown> = {};
    circle.a = circle;
    assert.match(faultOfMarkerData(circle) ?? '', /16 deep/);
    assert.match(faultOfMarkerData({ a: 1n }) ?? '', /not plain JSON/);
    for (const other of [[], null, 1, 'x', undefined]) assert.match(faultOfMarkerData(other) ?? '', /object/);
  });

  test('that was stored deeper goes, and its marker stays', () => {
    const marker = {
      id: 'm',
      stream: 'cam',
      pts: 0,
      date: 0,
      duration: 0,
      text: 'x',
      class: 'c',
      source: 'api',
      data: nested(1500, 'array'),
    } satisfies Marker;
    const state = emptyMarkerState();
    applyMarkerEntry(state, { operations: [{ op: 'open', marker }] });
    assert.deepEqual(state.markers.get('m')?.data, {});
    applyMarkerEntry(state, {
      operations: [{ op: 'edit', id: 'm', changes: { data: nested(1500, 'object') } }],
    });
    assert.deepEqual(state.markers.get('m')?.data, {});
    const [saved] = markerFold.save(state);
    assert.ok(saved);
    const loaded = markerFold.load([{ ...saved, marker }]);
    assert.deepEqual(loaded.markers.get('m')?.data, {});
  });
});

test('a marker that was acknowledged can be read, by list and feed, and one that could not be is refused', async (t) => {
  const { write, get, port } = await fixture(t, { segments: 3 });
  const events = await SseClient.open(port, '/markers/events');
  t.after(() => events.close());
  const acknowledged: string[] = [];
  for (const kind of ['array', 'object'] as const) {
    for (const depth of [1, 16, 17, 300, 1900]) {
      const data = nested(depth, kind);
      const answer = await write('POST', '/markers', { text: 'x', id: `${kind}-${depth}`, data });
      if (depth <= 16) {
        assert.equal(answer.status, 201);
        acknowledged.push(answer.json.id);
        const edit = await write('PATCH', `/markers/${answer.json.id}`, { data: nested(17, kind) });
        assertError(edit, 422, 'INVALID_MARKER');
      } else {
        assertError(answer, 422, 'INVALID_MARKER');
        assert.equal(answer.json.error.path, '/data');
      }
    }
  }
  const list = (await get('/markers')).json.markers.map(({ id }: { id: string }) => id);
  assert.deepEqual(list.sort(), acknowledged.sort());
  // What is called as something every object has is a fact like any other, and changes nothing else.
  const odd = await write(
    'POST',
    '/markers',
    JSON.parse('{"text":"x","id":"odd","data":{"__proto__":{"polluted":1},"constructor":1,"toString":2}}'),
  );
  assert.equal(odd.status, 201);
  assert.equal((odd.json.data as { constructor: unknown }).constructor, 1);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
  assertError(
    await write('POST', '/markers', JSON.parse('{"text":"x","__proto__":{"class":"y"}}')),
    422,
    'INVALID_MARKER',
  );
});
