import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SourceFile, sourceFiles } from './source-files.ts';

/**
 * Who may import what: a folder of `src` (or a file there) → folders and files. Each may import itself.
 * The table is the design's; data runs one way and no arrow points upward.
 */
const mayImport: Readonly<Record<string, readonly string[] | 'anything'>> = {
  clock: ['errors'],
  heartbeat: ['clock'],
  'local-socket': ['errors'],
  'package-file': [],
  errors: [],
  hls: ['clock', 'errors'],
  // Engines say themselves how they are chosen, and pictures how they can be had.
  config: ['clock', 'errors', 'storage/open', 'store/open', 'frames/picture', 'frames/picture-format'],
  container: ['hls', 'clock', 'errors'],
  // Programs that are not ours: what they are given, what they say, that none is left.
  program: ['errors'],
  ffmpeg: ['hls', 'clock', 'errors', 'container/frame', 'program'],
  source: ['hls', 'clock', 'errors', 'ffmpeg', 'container', 'package-file'],
  encoder: ['hls', 'clock', 'errors', 'ffmpeg', 'container'],
  frames: [
    'hls',
    'clock',
    'errors',
    'store/store',
    'store/store-return',
    'container/frame',
    'container/messages',
  ],
  detector: [
    'hls',
    'clock',
    'errors',
    'store/store',
    'store/store-return',
    'store/cursor',
    'store/log/checkpoint',
    'store/log/follow',
    'store/log/read-all',
    'container/frame',
    'frames',
    'package-file',
    'program',
  ],
  packager: [
    'hls',
    'clock',
    'errors',
    'container/frame',
    'encoder/encoder',
    'storage/storage',
    'store/store',
    'store/log/checkpoint',
    'store/log/follow',
    'store/log/owner',
    'store/log/read-all',
    'lease',
  ],
  hooks: [
    'hls',
    'clock',
    'errors',
    'config',
    'store/store',
    'store/store-return',
    'store/cursor',
    'store/log/checkpoint',
    'store/log/follow',
    'store/log/owner',
    'store/log/read-all',
  ],
  thumbnails: [
    'hls',
    'clock',
    'errors',
    'container/frame',
    'packager/publisher',
    'storage/storage',
    'store/store',
    'store/log/read-all',
  ],
  redis: ['clock', 'errors'],
  level: ['clock', 'errors'],
  store: ['clock', 'errors', 'redis', 'level'],
  storage: ['clock', 'errors', 'redis', 'level'],
  lease: ['clock', 'errors', 'store/store', 'storage/storage'],
  // Boxes of frames: which belong to one, and how they are painted, on the page and into clips.
  objects: ['hls', 'clock', 'errors', 'container', 'ffmpeg', 'source/glyphs'],
  api: [
    'hls',
    'clock',
    'errors',
    'config',
    'container',
    'objects/clip-painter',
    'objects/shown',
    'store/store',
    'store/cursor',
    'store/log/checkpoint',
    'store/log/follow',
    'store/log/refold',
    'storage/storage',
  ],
  launcher: [
    'config',
    'clock',
    'errors',
    'heartbeat',
    'local-socket',
    'package-file',
    'program/running',
    'store/ipc/messages',
  ],
  processes: [
    ...[
      'hls',
      'clock',
      'errors',
      'heartbeat',
      'config',
      'container',
      'program',
      'ffmpeg',
      'source',
      'encoder',
    ],
    ...[
      'frames',
      'detector',
      'hooks',
      'objects',
      'packager',
      'thumbnails',
      'store',
      'storage',
      'lease',
      'redis',
      'api',
      'package-file',
    ],
  ],
  // What runs the parts of the system in a program of somebody else's.
  library: [
    ...['hls', 'clock', 'errors', 'config', 'ffmpeg', 'source', 'encoder', 'detector', 'frames', 'lease'],
    ...['store', 'storage', 'api', 'processes', 'local-socket', 'package-file'],
  ],
  cli: 'anything',
  main: 'anything',
  // One file a command of the CLI.
  commands: 'anything',
  index: 'anything',
  web: ['hls', 'clock', 'objects/paint', 'objects/shown'],
};

/**
 * The rooms of a folder that has some, each after those that it may import; rooms of one line know nothing of each
 * other. A file that lies in no room joins them: it may import all, and no room imports it, but for those named as
 * the ground that all stand on.
 */
const rooms: Readonly<Record<string, { ground: readonly string[]; order: readonly (readonly string[])[] }>> =
  {
    api: {
      ground: [],
      order: [['metrics', 'access'], ['http'], ['server', 'live'], ['media'], ['routes']],
    },
    store: {
      ground: [
        ...['store', 'engine', 'store-return', 'cursor', 'refusal'],
        ...['deque', 'feed', 'message-queue', 'publish-gate'],
      ],
      order: [['log', 'memory', 'ipc', 'redis'], ['kept']],
    },
    web: {
      ground: [],
      order: [
        ['dom'],
        ['markers'],
        ['api'],
        ['player'],
        ['objects'],
        ['session'],
        ['panels', 'table', 'timeline'],
      ],
    },
  };

/** Imports that lead from a room to one that is above or beside it, or out of all rooms. */
function outOfRoom(file: SourceFile): string[] {
  const [folder = '', room, deeper] = moduleName(file.path).split('/');
  const plan = rooms[folder];
  if (plan === undefined || room === undefined) return [];
  const level = plan.order.findIndex((names) => names.includes(room));
  if (deeper === undefined && !plan.ground.includes(room)) return [];
  if (deeper !== undefined && level === -1) return [`${file.path} belongs to no room of the design`];
  return file.imports
    .map((path) => moduleName(path).split('/'))
    .filter(([to, other = '', below]) => {
      if (to !== folder || (other === room && below !== undefined)) return false;
      if (below === undefined) return !plan.ground.includes(other);
      return plan.order.findIndex((names) => names.includes(other)) >= level;
    })
    .map((path) => `${file.path} imports ${path.join('/')}`);
}

/** `src/hls/render.ts` → `hls/render`; files of `web/` stay as they are. */
function moduleName(path: string): string {
  return path.replace(/^src\//, '').replace(/\.ts$/, '');
}

function area(name: string): string {
  return name.split('/')[0] ?? name;
}

function forbidden(file: SourceFile): string[] {
  const own = area(moduleName(file.path));
  const allowed = mayImport[own];
  if (allowed === undefined) return [`${file.path} belongs to no folder of the design`];
  if (allowed === 'anything') return [];
  return file.imports
    .map(moduleName)
    .filter((name) => area(name) !== own && !allowed.includes(name) && !allowed.includes(area(name)))
    .map((name) => `${file.path} imports ${name}`);
}

/** The first circle found from each file on, as a path; one file of a circle is enough to name it. */
function circles(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map((file) => [file.path, file.imports]));
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const at = trail.indexOf(path);
    if (at !== -1) found.push([...trail.slice(at), path].join(' → '));
    if (at !== -1 || done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return found;
}

/** Exports (re-exports aside) without a doc comment right before them. */
function undocumented({ path, text }: SourceFile): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (!/^export (?!\{|type \{|\*)/.test(line)) return [];
    return lines[index - 1]?.trimEnd().endsWith('*/') ? [] : [`${path}:${index + 1} ${line.slice(0, 60)}`];
  });
}

const files = sourceFiles('src', 'web');

describe('the source', () => {
  test('imports only what the design allows', () => {
    assert.deepEqual(files.flatMap(forbidden), []);
  });

  test('has rooms that know of those before them only', () => {
    assert.deepEqual(files.flatMap(outOfRoom), []);
  });

  test('imports nothing that is not there', () => {
    const paths = new Set(files.map(({ path }) => path));
    const missing = files.flatMap(({ path, imports }) =>
      imports.filter((name) => name.endsWith('.ts') && !paths.has(name)).map((name) => `${path} → ${name}`),
    );
    assert.deepEqual(missing, []);
  });

  test('has no circle of imports', () => {
    assert.deepEqual(circles(files), []);
  });

  test('keeps hls, clock, errors and web free of Node', () => {
    const pure = files.filter(({ path }) => /^(src\/(hls\/|clock|errors)|web\/)/.test(path));
    assert.ok(pure.length > 5);
    const impure = pure.flatMap(({ path, packages }) =>
      packages.filter((name) => name.startsWith('node:')).map((name) => `${path} imports ${name}`),
    );
    assert.deepEqual(impure, []);
  });

  test('keeps hls, clock and errors free of packages', () => {
    const pure = files.filter(({ path }) => /^src\/(hls\/|clock|errors)/.test(path));
    assert.deepEqual(
      pure.flatMap(({ packages }) => packages),
      [],
    );
  });

  test('has no file above 250 lines', () => {
    const long = files
      .map(({ path, text }) => ({ path, lines: text.trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > 250);
    assert.deepEqual(long, []);
  });

  test('documents every export', () => {
    assert.deepEqual(files.flatMap(undocumented), []);
  });

  test('has no file named as a bucket', () => {
    const buckets = files.filter(({ path }) => /\/(utils?|helpers?|types|common|manager)\.ts$/.test(path));
    assert.deepEqual(buckets, []);
  });
});

describe('the rules themselves', () => {
  const file = (path: string, imports: string[], text = ''): SourceFile => ({
    path,
    text,
    imports,
    packages: [],
  });

  test('catch an import the table does not allow', () => {
    assert.deepEqual(forbidden(file('src/api/app.ts', ['src/packager/packager.ts', 'src/store/store.ts'])), [
      'src/api/app.ts imports packager/packager',
    ]);
    assert.equal(forbidden(file('src/source/open.ts', ['src/config/config.ts'])).length, 1);
    assert.equal(forbidden(file('src/processes/api.ts', ['src/launcher/launch.ts'])).length, 1);
    assert.equal(forbidden(file('src/packager/packager.ts', ['src/container/frame.ts'])).length, 0);
    assert.equal(forbidden(file('web/viewer.ts', ['src/errors.ts'])).length, 1);
  });

  test('catch a room that imports one above or beside it, or what joins them', () => {
    const from = (path: string, ...imports: string[]) => outOfRoom(file(path, imports)).length;
    assert.equal(from('src/api/http/negotiation.ts', 'src/api/live/live-state.ts'), 1);
    assert.equal(from('src/api/live/live-state.ts', 'src/api/server/connections.ts', 'src/api/api.ts'), 2);
    assert.equal(from('src/api/media/playlists.ts', 'src/api/live/live-state.ts', 'src/hls/epoch.ts'), 0);
    assert.equal(from('src/api/api.ts', 'src/api/media/playlists.ts', 'src/api/app.ts'), 0);
    assert.equal(from('src/api/cupboard/range.ts'), 1);
    assert.equal(from('src/store/redis/follow.ts', 'src/store/feed.ts', 'src/store/open.ts'), 1);
    assert.equal(from('src/store/feed.ts', 'src/store/deque.ts', 'src/store/memory/log.ts'), 1);
  });

  test('catch a circle', () => {
    const circle = [file('a.ts', ['b.ts']), file('b.ts', ['c.ts']), file('c.ts', ['b.ts'])];
    assert.deepEqual(circles(circle), ['b.ts → c.ts → b.ts']);
  });

  test('catch an export without a comment', () => {
    const text = '/** Said. */\nexport const a = 1;\nexport const b = 2;\nexport { c } from "./c.ts";\n';
    assert.deepEqual(undocumented(file('x.ts', [], text)), ['x.ts:3 export const b = 2;']);
  });
});
