import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { LogEntry, LogEvent, Store } from '../../src/store/store.ts';
import fc from '../property.ts';

type Operation =
  | { readonly op: 'set' | 'delete' | 'get'; readonly key: number; readonly value: number }
  | { readonly op: 'swap'; readonly key: number; readonly before: number; readonly value: number }
  | { readonly op: 'append'; readonly value: number; readonly id: number | undefined }
  | { readonly op: 'read'; readonly after: number; readonly limit: number; readonly latest: boolean }
  | { readonly op: 'trim'; readonly before: number };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ op: fc.constantFrom('set', 'delete', 'get'), key: fc.nat(2), value: fc.nat(3) }),
  fc.record({ op: fc.constant('swap'), key: fc.nat(2), before: fc.nat(3), value: fc.nat(3) }),
  fc.record({ op: fc.constant('append'), value: fc.nat(), id: fc.option(fc.nat(9), { nil: undefined }) }),
  fc.record({ op: fc.constant('append'), value: fc.nat(), id: fc.option(fc.nat(9), { nil: undefined }) }),
  fc.record({
    op: fc.constant('read'),
    after: fc.nat(30),
    limit: fc.integer({ min: 1, max: 8 }),
    latest: fc.boolean(),
  }),
  fc.record({ op: fc.constant('trim'), before: fc.nat(30) }),
);

const step = fc.record({ client: fc.nat(2), operation });

/** What a store should do, in the plainest words: one log, a few keys. */
class Model {
  readonly values = new Map<number, unknown>();
  readonly log: LogEntry[] = [];
  readonly cursorOfId = new Map<number, string>();
  /** How many entries at the front are gone. */
  gone = 0;
}

/**
 * Runs random operations from three clients, one after another, against a model; a follower from the start
 * must end up with exactly the entries of the log, whatever was trimmed behind it.
 */
export async function interleavings(clients: readonly Store[], fresh: () => string): Promise<void> {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const name = fresh();
    const model = new Model();
    const follower = (clients[2] as Store).follow(name)[Symbol.asyncIterator]();
    const followed: Promise<string[]> = fold(follower);
    for (const { client, operation } of steps) await run(clients[client] as Store, name, model, operation);
    const last = await (clients[0] as Store).append(name, 'last');
    model.log.push({ cursor: last, value: 'last' });
    assert.deepEqual((await followed).slice(-(model.log.length - model.gone)), cursorsOf(model));
  });
  await fc.assert(property, { numRuns: 60 });
}

function cursorsOf(model: Model): string[] {
  return model.log.slice(model.gone).map(({ cursor }) => cursor);
}

/** What a reader holds that folds the log until its last entry. */
async function fold(follower: AsyncIterator<LogEvent>): Promise<string[]> {
  const folded: string[] = [];
  for (;;) {
    const event = (await follower.next()).value as LogEvent;
    if (event.type === 'reset') folded.length = 0;
    else folded.push(event.cursor);
    if (event.type === 'entry' && event.value === 'last') break;
  }
  await follower.return?.();
  assert.equal(new Set(folded).size, folded.length, 'an entry came twice');
  return folded;
}

async function run(store: Store, name: string, model: Model, operation: Operation): Promise<void> {
  const { values, log, cursorOfId } = model;
  if (operation.op === 'set') {
    await store.set(`${name}/${operation.key}`, operation.value);
    values.set(operation.key, operation.value);
  } else if (operation.op === 'delete') {
    assert.equal(await store.delete(`${name}/${operation.key}`), values.delete(operation.key));
  } else if (operation.op === 'get') {
    assert.equal(await store.get(`${name}/${operation.key}`), values.get(operation.key));
  } else if (operation.op === 'swap') {
    const result = await store.compareAndSet(`${name}/${operation.key}`, operation.before, operation.value);
    assert.equal(result.ok, isDeepStrictEqual(values.get(operation.key), operation.before));
    if (result.ok) values.set(operation.key, operation.value);
  } else if (operation.op === 'append') {
    const { id, value } = operation;
    const cursor = await store.append(name, value, id === undefined ? {} : { id: String(id) });
    const known = id === undefined ? undefined : cursorOfId.get(id);
    if (known !== undefined) assert.equal(cursor, known);
    else log.push({ cursor, value });
    if (id !== undefined) cursorOfId.set(id, cursor);
  } else if (operation.op === 'read') {
    const place = log[operation.after];
    const from = place === undefined ? model.gone : operation.after + 1;
    const options = { limit: operation.limit, latest: operation.latest };
    const reading = store.read(name, place === undefined ? options : { ...options, after: place.cursor });
    if (from < model.gone) await assert.rejects(reading, { code: 'STORE_BAD_CURSOR' });
    else {
      const rest = log.slice(from);
      const expected = operation.latest ? rest.slice(-operation.limit) : rest.slice(0, operation.limit);
      assert.deepEqual(await reading, expected);
    }
  } else if (operation.op === 'trim') {
    const place = log[operation.before];
    if (place === undefined) return;
    assert.equal(await store.trim(name, place.cursor), Math.max(0, operation.before - model.gone));
    model.gone = Math.max(model.gone, operation.before);
  }
}
