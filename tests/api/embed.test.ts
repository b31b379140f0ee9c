import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fixture } from './fixture.ts';
import { assertError } from './http.ts';

async function withPage(folder: string): Promise<void> {
  await mkdir(join(folder, 'web'), { recursive: true });
  await writeFile(join(folder, 'web', 'embed.html'), '<!doctype html><title>embedded</title>');
  await writeFile(join(folder, 'web', 'index.html'), '<!doctype html><title>page</title>');
}

function ancestors(policy: unknown): string | undefined {
  return /frame-ancestors ([^;]*)/.exec(String(policy))?.[1];
}

test('the embedded viewer may be framed by its own site, the page by nobody', async (t) => {
  const { get, folder } = await fixture(t, { segments: 1 });
  assertError(await get('/embed'), 404, 'NOT_FOUND');
  await withPage(folder);
  const embed = await get('/embed?stream=cam');
  assert.match(embed.text, /embedded/);
  assert.equal(embed.headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(ancestors(embed.headers['content-security-policy']), "'self'");
  assert.equal(embed.headers['x-frame-options'], 'SAMEORIGIN');
  for (const path of ['/', '/embed.html', '/streams']) {
    const { headers } = await get(path);
    assert.equal(ancestors(headers['content-security-policy']), "'none'");
    assert.equal(headers['x-frame-options'], 'DENY');
  }
  assert.ok(!/unsafe/.test(String(embed.headers['content-security-policy'])));
  const slash = await get('/embed/?stream=cam');
  assert.deepEqual([slash.status, slash.headers.location], [308, '/embed?stream=cam']);
  assertError(await get('/embed/../../etc/passwd'), 404, 'NOT_FOUND');
});

test('the sites that are named may frame the embedded viewer', async (t) => {
  const frameAncestors = ['self', 'https://one.example', 'https://two.example:8443'];
  const { get, folder } = await fixture(t, { segments: 1, frameAncestors });
  await withPage(folder);
  const { headers } = await get('/embed');
  assert.equal(
    ancestors(headers['content-security-policy']),
    "'self' https://one.example https://two.example:8443",
  );
  assert.equal(headers['x-frame-options'], undefined);
});
