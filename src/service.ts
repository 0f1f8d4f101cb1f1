import './config/large-thread-pool';
import 'reflect-metadata';
import { loadConfig } from './config/config';
import { runUntilSignal } from './app/run-until-signal';
import { startService } from './app/start-service';

void runUntilSignal(() => startService(loadConfig()));
