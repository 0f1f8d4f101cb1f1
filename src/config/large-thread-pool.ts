import { enlargeThreadPool } from './thread-pool';

// To be imported first by a program that holds sessions: the size is read when the first thread is needed, and never again.
enlargeThreadPool();
