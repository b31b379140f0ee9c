import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerInTurn } from '../../web/player/vhs-answers.ts';

/** Asks as VHS does: takes the next answer of the kind, and may ask further while it does. */
function ask(worker: EventTarget, kind: string, take: (data: unknown) => void): void {
  const listen = (event: Event) => {
    const { data } = event as MessageEvent<{ kind: string; data: unknown }>;
    if (data.kind !== kind) return;
    worker.removeEventListener('message', listen);
    take(data.data);
  };
  worker.addEventListener('message', listen);
}

const answer = (worker: EventTarget, kind: string, data: string) =>
  worker.dispatchEvent(new MessageEvent('message', { data: { kind, data } }));

test('each answer of the worker goes to the first who waits for its kind, and to nobody else', () => {
  const worker = new EventTarget();
  answerInTurn(worker);
  const taken: string[] = [];
  // A segment that a seek has made useless, and the one that is wanted.
  for (const segment of ['old', 'new'])
    ask(worker, 'start', (bytes) => {
      taken.push(`${segment}: start of ${bytes}`);
      ask(worker, 'tags', (tags) => taken.push(`${segment}: tags of ${tags}`));
    });
  answer(worker, 'start', 'old');
  answer(worker, 'start', 'new');
  answer(worker, 'tags', 'old');
  answer(worker, 'tags', 'new');
  answer(worker, 'tags', 'nobody');
  assert.deepEqual(taken, ['old: start of old', 'new: start of new', 'old: tags of old', 'new: tags of new']);
});

test('what the worker failed at does not get the answer to the next', () => {
  const worker = new EventTarget();
  answerInTurn(worker);
  const taken: string[] = [];
  for (const segment of ['broken', 'sound'])
    ask(worker, 'start', (bytes) => taken.push(`${segment}: ${bytes}`));
  worker.dispatchEvent(new Event('error'));
  answer(worker, 'start', 'sound');
  assert.deepEqual(taken, ['sound: sound']);
});
