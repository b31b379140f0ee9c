import assert from 'node:assert/strict';
import { openApi } from '../../src/api/routes/openapi.ts';

type Paths = Record<string, Record<string, { responses: Record<string, unknown> }>>;

/** A described path: what its URLs look like, and how much of it is not fixed. */
const described = Object.entries(openApi().paths as Paths).map(([path, methods]) => {
  const segments = path.split('/').map((segment) => {
    // Beside a dot of the path's own, what varies has none.
    const varying = /[.]/.test(segment.replace(/\{\w+\}/g, '')) ? '[^/.]+' : '[^/]+';
    const parts = segment.split(/\{\w+\}/).map((part) => part.replace(/[.]/g, '\\.'));
    return parts.join(varying);
  });
  return { pattern: new RegExp(`^${segments.join('/')}$`), varies: path.split('{').length, methods };
});

/** Asserts that OpenAPI names a status that was answered; of paths and methods that it does not describe it says nothing. */
export function assertDescribed(method: string, url: string, status: number): void {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  const matching = described.filter(({ pattern }) => pattern.test(path));
  const [closest] = matching.toSorted((a, b) => a.varies - b.varies);
  const operation = closest?.methods[method === 'HEAD' ? 'get' : method.toLowerCase()];
  // What is no whole request in time is refused before anybody sees what it asks for, and 308 leads to another server.
  if (operation === undefined || [308, 408, 431].includes(status)) return;
  const named = Object.keys(operation.responses);
  assert.ok(named.includes(String(status)), `${method} ${path} answered ${status}; OpenAPI knows ${named}`);
}
