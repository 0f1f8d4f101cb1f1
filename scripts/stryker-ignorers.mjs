/** Ignores what `.meta(…)` of a schema says: it is text of openapi.json, which a test compares with the stored one. */
const openApiText = {
  shouldIgnore(path) {
    const call = path.parentPath;
    const isMeta = call?.isCallExpression() && call.node.callee.property?.name === 'meta';
    return isMeta && path.listKey === 'arguments' ? 'text of openapi.json' : undefined;
  },
};

export const strykerPlugins = [{ kind: 'Ignore', name: 'openapi-text', value: openApiText }];
