import { enlargeThreadPool } from './thread-pool';

// Programs that run sessions must import this first: libuv reads the size once, when it starts the first thread.
enlargeThreadPool();
