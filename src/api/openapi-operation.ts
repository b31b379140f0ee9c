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
      Object.entries(answers).map(([status, answer]) => [status, response(Number(status), answer)]),
    ),
  };
}

function response(status: number, answer: object | string | undefined): Record<string, unknown> {
  const description =
    status < 300 ? 'Done.' : status === 416 ? 'No such range.' : 'Not done; the body says why.';
  if (answer === undefined) return { description };
  if (typeof answer === 'string') return { description, content: { [answer]: {} } };
  return { description, content: { 'application/json': { schema: answer } } };
}
