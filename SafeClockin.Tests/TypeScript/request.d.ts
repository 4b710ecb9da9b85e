// The example client's request.js, typed by what openapi-typescript makes of the API document.
import type { paths } from './openapi';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Operation<P extends keyof paths, M extends Method> = paths[P][Lowercase<M> & keyof paths[P]];
type MethodOf<P extends keyof paths> = { [M in Method]: [Operation<P, M>] extends [never] ? never : M }[Method];

/** What is sent: the JSON body, or for a GET the query. */
type Sent<O> = O extends { requestBody: { content: { 'application/json': infer Body } } } ? Body
  : O extends { parameters: { query: infer Query } } ? Query
  : undefined;

/** What a success carries. */
type Data<O> = O extends { responses: { 200: { content: { 'application/json': infer Envelope } } } }
  ? Envelope extends { code: 0; data: infer Payload } ? Payload : never
  : never;

export function request<P extends keyof paths, M extends Method = 'GET'>(
  path: P | `${P}?${string}`,
  options?: { method?: M & MethodOf<P>; data?: Sent<Operation<P, M>>; [option: string]: unknown },
): Promise<Data<Operation<P, M>>>;
