import { json } from './answer.js';
import { type Operation, operations } from './operations.js';
import { type ProblemCode, problems } from './problem.js';
import { type Route, route } from './routes.js';
import { ref, type Schema, schemas } from './schemas.js';

/** `GET /v1/openapi.json`. */
export function openApiRoute(version: string): Route {
  const document = openApiDocument(version);
  return route('openapi', () => json(200, document));
}

/** The HTTP API as an OpenAPI 3.1 document, https://spec.openapis.org/oas/v3.1.0. */
export function openApiDocument(version: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [name, operation] of Object.entries<Operation>(operations)) {
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method.toLowerCase()] = describeOperation(name, operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'tabcast',
      version,
      description: 'The internal port of a gateway: sends, users, groups, orders and probes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'One of the option api-keys.' },
      },
    },
  };
}

function describeOperation(name: string, operation: Operation): Schema {
  const { body, sentence, guarded } = operation;
  return {
    operationId: name,
    summary: sentence,
    security: guarded ? [{ apiKey: [] }] : [],
    parameters: parametersOf(operation),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: { ...answersOf(operation), ...refusalsOf(operation) },
  };
}

function parametersOf({ path, query = {}, repeatable }: Operation): Schema[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: ref('Id') })),
    ...Object.entries(query).map(([name, parameter]) => ({ name, in: 'query', ...parameter })),
    ...(repeatable ? [idempotencyKey] : []),
  ];
}

const idempotencyKey: Schema = {
  name: 'Idempotency-Key',
  in: 'header',
  schema: { type: 'string', maxLength: 128, pattern: '^[\\x21-\\x7e]+$' },
  description: 'Makes a repetition harmless.',
};

function answersOf({ answers }: Operation): Record<string, Schema> {
  const described = Object.entries(answers).map(([status, answer]) => {
    const content =
      typeof answer === 'string' ? { [answer]: {} } : { 'application/json': { schema: answer } };
    return [status, { description: status === '503' ? 'Not now.' : 'Done.', content }];
  });
  return Object.fromEntries(described);
}

/** The problems of an operation by status, those included that come from what it takes. */
function refusalsOf({ guarded, body, problems: own }: Operation): Record<string, Schema> {
  const codes: ProblemCode[] = [...own, 'internal'];
  if (guarded) codes.push('unauthorized');
  if (body !== undefined) codes.push('body-too-large');
  const statuses = [...new Set(codes.map((code) => problems[code].status))];
  const described = statuses.map((status) => {
    const these = codes.filter((code) => problems[code].status === status);
    const description = these.map((code) => `${code}: ${problems[code].title}.`).join(' ');
    return [status, { description, content: { 'application/problem+json': { schema: ref('Problem') } } }];
  });
  return Object.fromEntries(described);
}
