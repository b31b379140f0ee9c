import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hotOperations } from '../../src/api/media/hot-path.ts';
import { hotRoute } from '../../src/api/media/hot-route.ts';
import { assertDescribed } from './described.ts';
import { fixture } from './fixture.ts';

test('every route is described, and nothing else', async (t) => {
  const { get, api } = await fixture(t, { segments: 1 });
  const { json } = await get('/openapi.json');
  assert.equal(json.openapi, '3.1.0');
  const described = Object.entries<object>(json.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const routed = api.router.stack.flatMap(({ path, methods }) =>
    methods
      .filter((method) => method !== 'HEAD')
      .map((method) => `${method} ${String(path).replace(/:(\w+)/g, '{$1}')}`),
  );
  const hot = hotOperations.map(({ path }) => `GET ${path}`);
  assert.deepEqual(described.sort(), [...new Set([...routed, ...hot])].sort());
});

test('each path of the hot path leads to an answer of its own', () => {
  const sample = { name: 'cam', epoch: 'e1', run: 'r1' };
  const taken = hotOperations.map(
    ({ path }) =>
      hotRoute(path.replace(/\{(\w+)\}/g, (_, key) => sample[key as keyof typeof sample] ?? '3')).to,
  );
  assert.deepEqual(new Set(taken).size, taken.length);
  assert.ok(!taken.includes('nothing'), taken.join());
});

test('every reference leads somewhere, and every path parameter is described', async (t) => {
  const { get } = await fixture(t, { segments: 1 });
  const { json, text } = await get('/openapi.json');
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
    assert.ok(json.components.schemas[name], name);
  for (const [path, methods] of Object.entries<
    Record<string, { parameters: { name: string; in: string }[] }>
  >(json.paths)) {
    const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const operation of Object.values(methods))
      assert.deepEqual(
        operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
        wanted,
      );
  }
});

test('the schemas say what the checks do', async (t) => {
  const { get } = await fixture(t, { segments: 1 });
  const { newMarker } = (await get('/openapi.json')).json.components.schemas;
  assert.deepEqual(newMarker.required, ['text']);
  assert.equal(newMarker.additionalProperties, false);
  assert.equal(newMarker.properties.text.maxLength, 1000);
  assert.equal(newMarker.properties.class.default, 'note');
});

test('what is answered is described: all API tests are held against the document', async (t) => {
  const { get } = await fixture(t, { segments: 1 });
  const { paths } = (await get('/openapi.json')).json;
  const named = (path: string, method = 'get') => Object.keys(paths[path][method].responses);
  for (const [path, methods] of Object.entries<object>(paths)) {
    if ('get' in methods && !path.endsWith('/events')) assert.ok(named(path).includes('304'), path);
  }
  const init = named('/video/{name}/{epoch}/main/init-{run}.mp4');
  assert.ok(init.includes('206') && init.includes('416'));
  for (const [path, method] of [
    ['/streams/{name}/markers', 'get'],
    ['/streams/{name}/markers', 'post'],
    ['/streams/{name}/markers/events', 'get'],
  ] as const)
    assert.ok(named(path, method).includes('404'), `${method} ${path}`);
  assert.ok(named('/markers/{id}', 'patch').includes('413'));
  // The check itself can fail.
  for (const [method, path, status] of [
    ['GET', '/markers', 404],
    ['HEAD', '/video/cam/e1/main/1.2.m4s', 409],
    ['GET', '/video/cam/e1/main/media.m3u8?_HLS_msn=1', 206],
    ['DELETE', '/streams/cam/markers/a.b', 201],
    ['GET', '/markers/events', 304],
  ] as const)
    assert.throws(() => assertDescribed(method, path, status), /OpenAPI knows/, `${method} ${path}`);
  assertDescribed('GET', '/nothing', 404);
  assertDescribed('PUT', '/markers', 405);
});
