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
  /** Called when every class is loaded: a logger is provided for each one that asked for it by its decorator until then. */
  static forRoot(): DynamicModule {
    const logger = LoggerModule.forRootAsync({
      inject: [Config],
      // No route: requests are logged by a hook, one slim line each, which costs half of what a logger for each request does.
      useFactory: (config: Config) => ({ pinoHttp: [loggerOptions(config), destination(config)], forRoutes: [] }),
    });
    return { module: LoggingModule, imports: [logger] };
  }
}

function loggerOptions({ env }: Config): Options {
  return {
    level: env.LOG_LEVEL,
    timestamp: lineTime,
    wrapSerializers: false, // Or the error would be flattened, with all that is attached to it, before ours sees it.
    serializers: { err: safeError },
    // The second line of defence: no code logs these.
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

/** A terminal and a file get each line at once, in order with what else is printed. For the reader of a pipe nobody waits. */
function readableOutput(): DestinationStream {
  if (!standardOutput.isPipe) return pretty({ ...READABLE, sync: true });
  const toReadable = prettyFactory(READABLE);
  return { write: (line) => standardOutput.write(toReadable(line)) };
}
