import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hotRoutes } from '../../src/api/hot-path.ts';
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
  const hot = hotRoutes.map((path) => `GET ${path}`);
  assert.deepEqual(described.sort(), [...new Set([...routed, ...hot])].sort());
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
