/** The part of the framework's reply that handlers need. */
export interface Reply {
  header(name: string, value: string): unknown;
}

/** Sets the URL of a created resource: RFC 9110, section 15.3.2. */
export function setLocation(reply: Reply, collection: string, id: string): void {
  reply.header('location', `/api/${collection}/${id}`);
}
