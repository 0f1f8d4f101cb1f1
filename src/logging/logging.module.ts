import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { Options } from 'pino-http';
import pretty, { prettyFactory } from 'pino-pretty';
import { Config } from '../config/config';
import { lineTime } from './line-time';
import { standardOutput } from './log-output';
import { safeError } from './safe-error';

/** Pino for the whole application: readable lines for a developer, JSON in production. */
@Module({})
export class LoggingModule {
  /** Call it after all classes are loaded: loggers are provided only for classes whose decorator has asked for one by then. */
  static forRoot(): DynamicModule {
    const logger = LoggerModule.forRootAsync({
      inject: [Config],
      // No routes: a hook logs one short line for each request, at half the cost of a logger for each request.
      useFactory: (config: Config) => ({ pinoHttp: [loggerOptions(config), destination(config)], forRoutes: [] }),
    });
    return { module: LoggingModule, imports: [logger] };
  }
}

function loggerOptions({ env }: Config): Options {
  return {
    level: env.LOG_LEVEL,
    timestamp: lineTime,
    wrapSerializers: false, // Otherwise the error, with everything attached to it, is flattened before our serializer sees it.
    serializers: { err: safeError },
    // A second line of defence: no code logs these.
    redact: ['password', '*.password', 'email', '*.email', 'headers.authorization', 'headers.cookie'],
  };
}

/** Readable lines, for a developer. */
const READABLE = { ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l', singleLine: true };

function destination(config: Config): DestinationStream {
  const stream = config.isProduction ? standardOutput : readableOutput();
  const { level, timestamp } = loggerOptions(config);
  const notices = pino({ level, timestamp }, stream);
  standardOutput.onDropped = (lines) => notices.warn(`log lines dropped: ${lines}`);
  return stream;
}

/** Writes to a terminal or a file are synchronous, in order with other output. Writes to a pipe do not wait for its reader. */
function readableOutput(): DestinationStream {
  if (!standardOutput.isPipe) return pretty({ ...READABLE, sync: true });
  const toReadable = prettyFactory(READABLE);
  return { write: (line) => standardOutput.write(toReadable(line)) };
}
