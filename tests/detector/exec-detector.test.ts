import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Answer, Detector } from '../../src/detector/detector.ts';
import { createExecDetector } from '../../src/detector/exec-detector.ts';
import { Turns } from '../../src/detector/turns.ts';
import type { Picture } from '../../src/frames/picture.ts';
import { createSampling } from '../../src/frames/sampling.ts';
import { isLong, tried } from '../long.ts';
import { lives } from '../system/system.ts';
import { unexpected } from '../unexpected.ts';
import { until } from '../until.ts';

const folder = mkdtempSync(join(tmpdir(), 'exec-detector-'));
const opened: Detector[] = [];
after(async () => {
  await Promise.all(opened.map((detector) => detector.close?.()));
  rmSync(folder, { recursive: true });
});

const READ = `import json, os, signal, subprocess, sys, time
def pictures():
    while True:
        line = sys.stdin.buffer.readline()
        if not line: return
        head = json.loads(line)
        yield head, sys.stdin.buffer.read(head["width"] * head["height"] * 3)
`;

/** A Python detector, and what is logged of it. */
function python(body: string) {
  const path = join(folder, `${opened.length}.py`);
  writeFileSync(path, READ + body);
  const log: { readonly text: string; readonly line?: unknown }[] = [];
  const note = (facts: object, text: string) => void log.push({ ...facts, text });
  const detector = createExecDetector({
    ...{ name: 'eye', words: ['python3', path], format: 'rgb24' },
    log: { info: note, warn: note },
  });
  opened.push(detector);
  return { detector, log };
}

function picture(number: number, more: Partial<Picture> = {}): Picture {
  const pts = number * 33_333;
  return {
    ...{ pts, date: 1_700_000_000_000_000 + pts, width: 4, height: 2, dropped: 0, discontinuity: false },
    ...{ data: new Uint8Array(32).fill(number % 256), ...more },
  };
}

describe('createExecDetector', () => {
  test('takes an answer for its own picture only, whatever else is written', async () => {
    const { detector, log } = python(`
for head, pixels in pictures():
    seq = head["seq"]
    print("loading weights ...")
    if seq == 2: print("x" * 10_000_000)
    print(json.dumps({"seq": seq - 1, "observations": [{"type": "event", "text": "old", "class": "bad"}]}))
    print(json.dumps({"seq": seq + 5, "observations": [{"type": "event", "text": "unknown", "class": "bad"}]}))
    sys.stdout.buffer.write(b"\\xff\\xfe{\\n"); print('{"seq": "1"}'); print("[]")
    print(json.dumps({"seq": seq, "observations": [{"type": "event", "text": str(pixels[0]), "class": "seen"}]}))
    print(json.dumps({"seq": seq, "observations": [{"type": "event", "text": "twice", "class": "bad"}]}))
`);
    for (let number = 1; number <= 20; number += 1) {
      const { pts, date } = picture(number);
      assert.deepEqual(await detector.look(picture(number)), {
        observations: [{ type: 'event', text: String(number), class: 'seen', pts, date }],
      });
    }
    const said = log.map(({ text }) => text);
    for (const expected of [/not an answer/, /not shown/, /once more/, /more than 1 MiB/])
      assert.ok(
        said.some((text) => expected.test(text)),
        String(expected),
      );
    assert.equal(log.length, 30, 'what floods the log is cut off');
    for (const { line } of log) assert.ok(String(line ?? '').length <= 200);
  });

  test('finds its answer behind progress on the same line, and not in what it prints of a picture; a flood of errors blocks nothing', async () => {
    const { detector } = python(`
for head, pixels in pictures():
    seq = head["seq"]
    sys.stderr.write("a frame was decoded with errors\\n" * 10_000)
    print("got", json.dumps(head))
    print("sent {", json.dumps({"was": {"seq": seq}}))
    print("\\r 50% |#####     |\\r100% |##########|", end="")
    seen = {"seq": seq, "observations": [{"type": "event", "text": str(seq), "class": "seen"}], "objects": []}
    print(json.dumps(seen))
`);
    for (let number = 1; number <= 5; number += 1) {
      const answer = (await detector.look(picture(number))) as Exclude<Answer, readonly unknown[]>;
      assert.equal(answer.observations?.map((one) => 'text' in one && one.text).join(), String(number));
      assert.deepEqual(answer.objects, []);
    }
  });

  test('dates an event by an earlier picture that it was shown, and leaves out what is wrong', async () => {
    const { detector, log } = python(`
first = None
for head, pixels in pictures():
    first = first or head["pts"]
    print(json.dumps({"seq": head["seq"], "objects": [{"label": "cat", "box": [0.5, 0.5, 0.25, 0.25], "track": 7}],
        "observations": [{"type": "begin", "key": head["seq"], "pts": first, "text": "t", "class": "c"},
                         {"type": "end", "key": "a", "pts": first + 0.5}, {"type": "begin", "key": "k", "text": ""}, 7]}))
`);
    await detector.look(picture(1));
    const [{ pts, date }, late] = [picture(1), picture(2)];
    assert.deepEqual(await detector.look(late), {
      observations: [{ type: 'begin', key: '2', pts, date, text: 't', class: 'c' }],
      objects: [{ label: 'cat', box: [0.5, 0.5, 0.25, 0.25], track: '7' }],
    });
    assert.ok(log.some(({ text }) => /observations\/1: pts .* not that of a picture/.test(text)));
    assert.ok(log.some(({ text }) => /observations\/2: text is not/.test(text)));
  });

  test('says why the program cannot answer any more', async () => {
    for (const [body, why] of [
      ['import no_such_module', /left \(code 1\): ModuleNotFoundError: No module named 'no_such_module'/],
      ['next(pictures()); os.close(1); time.sleep(60)', /has closed its standard output/],
      ['os.kill(os.getpid(), 9)', /left \(SIGKILL\)/],
    ] as const) {
      const { detector } = python(body);
      await assert.rejects(async () => detector.look(picture(1)), { code: 'DETECTOR_FAILED', message: why });
      await assert.rejects(async () => detector.look(picture(2)), { code: 'DETECTOR_FAILED' });
    }
  });

  test('ends one that ignores SIGTERM, and what it started', async () => {
    const pids = join(folder, 'pids');
    const { detector } = python(`
signal.signal(signal.SIGTERM, signal.SIG_IGN)
helper = subprocess.Popen(["sleep", "600"], stdout=subprocess.DEVNULL)
open(${JSON.stringify(pids)}, "w").write("%d %d" % (os.getpid(), helper.pid))
for head, pixels in pictures(): print(json.dumps({"seq": head["seq"]}))
time.sleep(600)
`);
    await detector.look(picture(1));
    const found = readFileSync(pids, 'utf8').split(' ').map(Number);
    assert.deepEqual(found.map(lives), [true, true]);
    await detector.close?.();
    await until('all are gone', 10, () => found.every((pid) => !lives(pid)));
  });

  test('gives it no secret of ours, and output without a buffer', async () => {
    process.env.HLSSTREAM_TOKEN = 'sesame';
    try {
      const { detector } = python(`
for head, pixels in pictures():
    text = "%s %s" % (os.environ.get("HLSSTREAM_TOKEN"), os.environ.get("PYTHONUNBUFFERED"))
    print(json.dumps({"seq": head["seq"], "observations": [{"type": "event", "text": text, "class": "c"}]}))
`);
      const answer = (await detector.look(picture(1))) as Exclude<Answer, readonly unknown[]>;
      assert.equal(answer.observations?.map((one) => 'text' in one && one.text).join(), 'None 1');
    } finally {
      delete process.env.HLSSTREAM_TOKEN;
    }
  });
});

describe('Turns', () => {
  test('show the newest picture when an answer has come, and count the skipped', async () => {
    const shown: Picture[] = [];
    const answers: ((answer: Answer) => void)[] = [];
    const turns = new Turns({
      name: 'eye',
      detector: {
        look(seen) {
          shown.push(seen);
          return new Promise((resolve) => answers.push(resolve));
        },
      },
      take() {},
      failed: unexpected,
    });
    for (let number = 1; number <= 7; number += 1)
      turns.show(picture(number, { discontinuity: number === 3, dropped: number === 4 ? 2 : 0 }));
    answers.shift()?.([]);
    await until('the next is shown', 5, () => shown.length === 2);
    answers.shift()?.([]);
    await turns.busy;
    assert.deepEqual(
      shown.map(({ pts, dropped, discontinuity }) => [pts, dropped, discontinuity]),
      [
        [picture(1).pts, 0, false],
        [picture(7).pts, 7, true],
      ],
    );
    assert.equal(turns.skipped, 5);
  });

  test('give one that does not answer no longer than the timeout', async () => {
    const failure = new Promise((resolve) => {
      new Turns({
        ...{ name: 'eye', timeout: 20, take: unexpected, failed: resolve },
        detector: { look: () => new Promise(() => {}) },
      }).show(picture(1));
    });
    assert.match(String(await failure), /eye has not answered within 0\.02 s \(--detector-timeout\)/);
  });

  test(`keep what a slow program says at most half a second old (${tried('shortly', 'two minutes')})`, async () => {
    const { detector } = python(`
for head, pixels in pictures():
    time.sleep(0.2)
    print(json.dumps({"seq": head["seq"]}))
`);
    await detector.look(picture(0));
    const cameAt = new Map<number, number>();
    const delays: number[] = [];
    const turns = new Turns({
      ...{ name: 'eye', detector, failed: unexpected },
      take: ({ pts }) => delays.push(performance.now() - (cameAt.get(pts) ?? 0)),
    });
    const began = performance.now();
    for (let number = 1; number <= tried(90, 3600); number += 1) {
      const due = began + (number * 1000) / 30;
      await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
      cameAt.set(picture(number).pts, performance.now());
      turns.show(picture(number));
    }
    await turns.busy;
    assert.ok(delays.length >= tried(8, 400), `${delays.length} answers`);
    // The median says the same on a busy machine; each of them is held to it where there is time.
    const greatest = isLong ? Math.max(...delays) : delays.sort((a, b) => a - b)[delays.length >> 1];
    assert.ok((greatest ?? 1000) <= 500, `${greatest} ms`);
    assert.ok(turns.skipped > 0);
  });
});

test('createSampling picks so many pictures a second, and forgets no break', () => {
  const sample = createSampling({ fps: 10, width: 2 });
  const taken = Array.from({ length: 31 }, (_, number) =>
    sample(picture(number, { dropped: number === 8 ? 3 : 0 })),
  ).filter((one) => one !== undefined);
  assert.deepEqual(
    taken.map(({ pts }) => Math.round(pts / 33_333)),
    [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30],
  );
  assert.equal(taken[3]?.dropped, 3);
});
