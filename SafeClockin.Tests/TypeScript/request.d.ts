// The example client's request.js, typed by what openapi-typescript makes of the API document.
import type { paths } from './openapi';

/** The path of the document that a path of a client is, whatever stands for `{id}`; a query does not count. */
type PathOf<T extends string> = { [P in keyof paths]: WithoutQuery<T> extends P ? P : true extends IsOf<WithoutQuery<T>, P> ? P : never }[keyof paths];
type WithoutQuery<T extends string> = T extends `${infer Path}?${string}` ? Path : T;
type IsOf<T extends string, P extends string> = P extends `${infer Start}{${string}}${infer End}`
  ? T extends `${Start}${infer Id}${End}` ? (Id extends `${string}/${string}` ? false : true) : false
  : false;

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

type Options<P extends keyof paths, M extends Method> =
  { method?: M & MethodOf<P>; data?: Sent<Operation<P, M>>; [option: string]: unknown };

/** A path that is none of the document's wants options that there cannot be. */
export function request<T extends string, M extends Method = 'GET'>(
  path: T,
  ...options: [PathOf<T>] extends [never] ? [never] : [options?: Options<PathOf<T>, M>]
): Promise<Data<Operation<PathOf<T>, M>>>;
