import './config/large-thread-pool';
import 'reflect-metadata';
import { loadConfig } from './config/config';
import { runUntilSignal } from './run-until-signal';
import { startService } from './service';

void runUntilSignal(() => startService(loadConfig()));
