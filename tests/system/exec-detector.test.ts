import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FoundMarker } from './recording-detector.ts';
import { lives, startSystem } from './system.ts';

/** Marks every tenth picture, writes down which, and dies in its first life. It finds our module wherever it lies. */
const SCRIPT = `import json, os, sys
import hlsstream
lives = sys.argv[1] + "/lives"
open(lives, "a").write("%d\\n" % os.getpid())
first = len(open(lives).readlines()) == 1
record = open(sys.argv[1] + "/record", "a", 1)
while True:
    line = sys.stdin.buffer.readline()
    if not line: break
    head = json.loads(line)
    sys.stdin.buffer.read(head["width"] * head["height"])
    said = []
    if head["seq"] % 10 == 0:
        record.write("%r %d\\n" % (head["pts"], head["width"]))
        said = [{"type": "event", "text": "Tenth", "class": "tenth"}]
    if first and head["seq"] == 15: raise SystemExit("out of memory")
    print(json.dumps({"seq": head["seq"], "observations": said}))
`;

test('programs that detect: each has its markers on the frames it was shown, is replaced, and does not outlive the system', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'exec-'));
  writeFileSync(join(folder, 'tenth.py'), SCRIPT);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim().split('\n');
  const system = await startSystem([
    ...['--detector', `exec:python3 ${folder}/tenth.py ${folder}`, '--detector', 'squares=mint-square'],
    ...['--detector-format', 'gray', '--detector-width', '640', '--size', '640x360', '--fps', '15'],
    ...['--segment', '1', '--thumbnail-interval', '0'],
  ]);
  try {
    const found = async () =>
      (await system.json<{ markers: FoundMarker[] }>('/markers?limit=1000')).markers.filter(
        ({ source }) => source === 'tenth',
      );
    await system.until('its second life has marked', 60, async () => {
      const pids = read('lives').length;
      return pids >= 2 && (await found()).length >= 4;
    });
    assert.ok(
      system.log.some(({ msg }) =>
        /tenth left \(code 1\): out of memory; starting it again/.test(String(msg)),
      ),
    );
    const recorded = new Set(read('record').map((line) => Number(line.split(' ')[0])));
    for (const { time, duration } of await found()) {
      assert.ok(recorded.has(time), `${time} s is a picture's`);
      assert.equal(duration, 0);
    }
    assert.ok(read('record').every((line) => line.endsWith(' 640')));
    for (const name of ['detect tenth', 'detect squares'])
      await system.until(`${name} in /metrics`, 30, async () =>
        (await (await fetch(`${system.url}/metrics`)).text()).includes(
          `hlsstream_process_pictures_total{process="${name}"`,
        ),
      );
    for (const pid of await system.pids('stream')) process.kill(pid, 'SIGKILL');
    const before = (await found()).length;
    await system.until(
      'it marks pictures of the next encoder',
      60,
      async () => (await found()).length > before + 1,
    );
    const program = Number(read('lives').at(-1));
    assert.ok(lives(program));
    for (const pid of await system.pids('detect')) process.kill(pid, 'SIGKILL');
    await system.until('the program is gone', 30, () => !lives(program));
    await system.until('there is another', 60, () => Number(read('lives').at(-1)) !== program);
  } finally {
    await system.stop();
  }
  await system.until('none is left', 10, () => read('lives').every((pid) => !lives(Number(pid))));
  rmSync(folder, { recursive: true });
});
