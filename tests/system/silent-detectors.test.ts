import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FoundMarker } from './recording-detector.ts';
import { lives, startSystem } from './system.ts';

/** Marks each picture, and after the third answers no more unless all is well: it reads on, and ignores being told to go. */
const SCRIPT = `import json, os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
folder = sys.argv[1]
open(folder + "/lives", "a").write("%d\\n" % os.getpid())
shown = 0
while line := sys.stdin.buffer.readline():
    head = json.loads(line)
    sys.stdin.buffer.read(head["width"] * head["height"])
    shown += 1
    while shown > 3 and not os.path.exists(folder + "/well"):
        time.sleep(0.05)
    print(json.dumps({"seq": head["seq"], "observations": [{"type": "event", "text": "Seen", "class": "seen"}]}))
`;

const MODULE = (folder: string) => `import { existsSync } from 'node:fs';
export default () => {
  let shown = 0;
  return {
    name: 'module',
    look({ pts, date }) {
      shown += 1;
      if (shown > 3 && !existsSync('${folder}/well')) return new Promise(() => {});
      return Promise.resolve([{ type: 'event', text: 'Seen', class: 'seen', pts, date }]);
    },
  };
};
`;

interface StreamList {
  readonly streams: { readonly problems?: { readonly process: string; readonly message: string }[] }[];
}

test('detectors that answer no more, a program and a module: each is replaced, that is said, and markers go on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'silent-'));
  writeFileSync(join(folder, 'program.py'), SCRIPT);
  writeFileSync(join(folder, 'module.mjs'), MODULE(folder));
  const pids = () => readFileSync(join(folder, 'lives'), 'utf8').trim().split('\n').map(Number);
  const system = await startSystem([
    ...['--detector', `exec:python3 ${folder}/program.py ${folder}`, '--detector', `${folder}/module.mjs`],
    ...['--detector-format', 'gray', '--detector-timeout', '1', '--size', '320x180', '--fps', '10'],
    ...['--segment', '1', '--thumbnail-interval', '0'],
  ]);
  const why = (name: string) => `${name} has not answered within 1 s (--detector-timeout)`;
  try {
    const problems = async () => (await system.json<StreamList>('/streams')).streams[0]?.problems ?? [];
    for (const name of ['program', 'module']) {
      const isSaid = async () =>
        (await problems()).some(
          ({ process, message }) => process === `detect ${name}` && message.includes(why(name)),
        );
      await system.until(`what is wrong with the ${name}`, 60, isSaid);
      assert.ok(
        system.log.some(({ msg }) => String(msg).includes(why(name)) && /start/.test(String(msg))),
        `${name}: ${JSON.stringify(system.log.filter(({ msg }) => String(msg).includes(name)))}`,
      );
    }
    await system.until('the program was replaced', 60, () => pids().length >= 2);
    // In each of their lives they marked what they were shown before that.
    const found = async (source: string) =>
      (await system.json<{ markers: FoundMarker[] }>('/markers?limit=1000')).markers.filter(
        (marker) => marker.source === source,
      ).length;
    await system.until('markers of later lives', 60, async () => (await found('program')) > 3);
    await system.until('those of the module', 60, async () => (await found('module')) > 3);
    writeFileSync(join(folder, 'well'), '');
    assert.ok(existsSync(join(folder, 'well')));
    await system.until('nothing is wrong', 90, async () => (await problems()).length === 0);
    const before = { program: await found('program'), module: await found('module') };
    for (const name of ['program', 'module'] as const)
      await system.until(`more of the ${name}`, 60, async () => (await found(name)) > before[name] + 10);
    await system.until('of its lives the last alone', 30, () => pids().filter(lives).length === 1);
  } finally {
    assert.equal(await system.stop(), 0);
  }
  assert.deepEqual(pids().filter(lives), []);
  rmSync(folder, { recursive: true });
});
