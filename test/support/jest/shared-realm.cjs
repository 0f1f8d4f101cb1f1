const vm = require('node:vm');
const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

/** Stands for the realm that the worker itself runs in: Jest asks for a context, and Node has none for that realm. */
const OWN_REALM = vm.createContext({});

const { compileFunction } = vm;
vm.compileFunction = (code, parameters, options) =>
  compileFunction(code, parameters, isOwnRealm(options) ? { ...options, parsingContext: undefined } : options);

const isOwnRealm = (options) => options?.parsingContext === OWN_REALM;

/** What Jest leaves on the global object. With the handlers of all earlier suites, each test would take longer than the one before. */
const JEST_KEYS = /^(JEST_STATE_SYMBOL|EVENT_HANDLERS|TEST_TIMEOUT_SYMBOL)$/;

/**
 * Runs all suites of a worker in one realm, with the globals of Node. Jest's own environment makes a realm for each suite: in each, the
 * packages have to be loaded and optimized anew, and each use of a global passes a proxy. That took most of the time of all tests. So what a
 * suite changes in globals, it must put back.
 */
module.exports = class SharedRealm {
  global = globalThis;
  fakeTimers = null;

  constructor({ projectConfig }) {
    Error.stackTraceLimit = 20; // Tests cause many errors, and longer traces take time. Jest's own environment sets 100.
    this.moduleMocker = new ModuleMocker(globalThis);
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern?.dispose();
    this.fakeTimersModern = null;
    for (const key of Object.getOwnPropertySymbols(globalThis)) {
      if (JEST_KEYS.test(key.description)) delete globalThis[key];
    }
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return OWN_REALM;
  }
};
