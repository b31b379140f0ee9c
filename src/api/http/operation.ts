import type * as schemas from './schemas.ts';

type Method = 'get' | 'post' | 'patch' | 'delete';

/** One operation, short: what OpenAPI says of it is spelled out from here. */
export interface Operation {
  readonly path: string;
  readonly method: Method;
  readonly summary: string;
  /** Query parameters: name and what it means. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Status and what comes with it: a schema, a MIME type, or nothing. */
  readonly answers: Readonly<Record<number, object | string | undefined>>;
}

/** A reference to one of the shapes of the document. */
export function component(name: keyof typeof schemas): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** The shape of every error. */
export const problem = component('errorAnswer');

/**
 * What may be answered to any request: it is not one or has parameters that make no sense, its conditions do not hold,
 * it names another host than ours, who asks may not, something went wrong, or nobody has the time.
 */
const ALWAYS = [400, 401, 403, 412, 421, 429, 500, 503];

/** What OpenAPI says of an operation. */
export function spellOut({
  path,
  method,
  summary,
  query = {},
  body,
  answers,
}: Operation): Record<string, unknown> {
  const text = { type: 'string' };
  const isEndless = answers[200] === 'text/event-stream';
  const all: Operation['answers'] = {
    ...(method === 'get' && !isEndless ? { 304: undefined } : {}),
    ...Object.fromEntries(ALWAYS.map((status) => [status, problem])),
    ...answers,
  };
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: text,
  }));
  const inQuery = Object.entries(query).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: text,
  }));
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(method === 'get' ? {} : { security: [{ token: [] }, {}] }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: Object.fromEntries(
      Object.entries(all).map(([status, answer]) => [status, response(Number(status), answer)]),
    ),
  };
}

const descriptions: Readonly<Record<number, string>> = {
  206: 'The range that was asked for.',
  304: 'Not modified: who asks has it already.',
  412: 'What is here is not what the request is conditional on.',
  416: 'No such range.',
};

function response(status: number, answer: object | string | undefined): Record<string, unknown> {
  const description = descriptions[status] ?? (status < 300 ? 'Done.' : 'Not done; the body says why.');
  if (answer === undefined) return { description };
  if (typeof answer === 'string') return { description, content: { [answer]: {} } };
  return { description, content: { 'application/json': { schema: answer } } };
}
