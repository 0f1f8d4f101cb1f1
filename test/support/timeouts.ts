// A time-out is a last resort: tests wait for conditions, and a loaded machine must not fail them.
jest.setTimeout(60_000);
