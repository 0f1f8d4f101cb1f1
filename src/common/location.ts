/** What a handler needs of the framework's reply. */
export interface Reply {
  header(name: string, value: string): unknown;
}

/** Says where a created resource can be read: RFC 9110, section 15.3.2. */
export function setLocation(reply: Reply, collection: string, id: string): void {
  reply.header('location', `/api/${collection}/${id}`);
}
