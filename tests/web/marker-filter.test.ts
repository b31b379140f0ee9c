import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFilterState, matches, showAll, toggleClass } from '../../web/markers/marker-filter.ts';
import { hostileTexts } from '../e2e/hostile-texts.ts';

const marker = { class: 'motion', text: 'Café door opened' };

describe('matches', () => {
  test('lets everything through at first', () => {
    assert.equal(matches(showAll, marker), true);
  });

  test('hides classes by their exact name', () => {
    assert.equal(matches({ hidden: new Set(['motion']), search: '' }, marker), false);
    assert.equal(matches({ hidden: new Set(['Motion', 'moti']), search: '' }, marker), true);
  });

  test('finds all words in text or class, without case and accents', () => {
    for (const search of ['door', 'DOOR cafe', 'motion opened', '  café  ', 'cafe\tmotion']) {
      assert.equal(matches({ ...showAll, search }, marker), true, search);
    }
    for (const search of ['window', 'door window']) {
      assert.equal(matches({ ...showAll, search }, marker), false, search);
    }
  });

  test('takes what was typed for text, not for a pattern', () => {
    assert.equal(matches({ ...showAll, search: '.*' }, marker), false);
    assert.equal(matches({ ...showAll, search: '(.*' }, { ...marker, text: 'a (.* b' }), true);
    assert.equal(new Set(hostileTexts).size, 30);
    for (const text of hostileTexts) {
      assert.equal(matches({ ...showAll, search: text }, { ...marker, text }), true, text);
    }
  });
});

describe('toggleClass', () => {
  test('hides and shows again, and leaves the search alone', () => {
    const hidden = toggleClass({ ...showAll, search: 'x' }, 'motion');
    assert.deepEqual([...hidden.hidden], ['motion']);
    assert.deepEqual([...toggleClass(hidden, 'motion').hidden], []);
    assert.equal(hidden.search, 'x');
    assert.equal(showAll.hidden.size, 0);
  });
});

describe('createFilterState', () => {
  test('tells of each change until unsubscribed, and of no change that is none', () => {
    const state = createFilterState();
    const told: string[] = [];
    const stop = state.subscribe(({ search }) => told.push(search));
    state.set({ ...state.get(), search: 'a' });
    state.set(state.get());
    assert.ok(Object.isFrozen(state.get()));
    stop();
    state.set({ ...state.get(), search: 'b' });
    assert.deepEqual(told, ['a']);
    assert.equal(state.get().search, 'b');
  });
});
