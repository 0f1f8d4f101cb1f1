import { capturedShape } from './captured.shape';
import { manualShape } from './manual.shape';
import { envelope, errorReply, loginReply } from '../messages';
import type { Shape } from './shape';

/** An unsolicited frame, sent `afterMs` milliseconds after the event that triggers it. */
export interface Unasked {
  readonly afterMs: number;
  readonly frame: string;
}

// While a subscribe is pending, for 1.5 s, a client rightly takes an RTN_ERR without an attempt for its answer. This one comes later.
const NAMELESS_ERROR_AFTER_MS = 2500;

/** Lists with invalid entries, and notifications with inconsistent types. */
export function hostileShape(): Shape {
  const captured = capturedShape();
  const manual = manualShape();
  const sensors: Shape['sensors'] = (listed) =>
    `[null,7,"",{"Serial":null},{"Serial":{}},${captured.sensors(listed).slice(1)}`;

  return {
    timeFormat: 'minute',
    sensors,
    connectedSensors: sensors,
    records: (kind, records) => {
      const odd = `{"ID":NaN,"Serial":"","Time":null,"Temp":-Infinity,"Batt":"low","X":[0.1,NaN],"Y":7,"Z":{}}`;
      return `{"rows":[${[odd, ...records.map((record) => manual.notification(kind, record))].join(',')}]}`;
    },
    notification: (kind, record) =>
      `[${captured.notification(kind, record)},${manual.notification(kind, record)},null]`,
    sensorConnection: ({ serial }) => `{"Serial":"${serial}","Connected":"true","Samples":"many"}`,
  };
}

/** Frames that follow an accepted login. No NOT_*: even this profile sends those only to subscribed connections. */
export function unaskedAfterLogin(email: string): readonly Unasked[] {
  return [
    loginReply(email, true),
    envelope('RTN_DYN', '[]'),
    envelope('RTN_DYN_TEMPS', '[{"ID":1,"Serial":30000011,"Time":"2025-05-19 16:20","Temp":NaN}]'),
    envelope('RTN_SOMETHING_NEW', '{"Level":3}'),
    '{"Type":"RTN_DYN","Data":{}}',
    '{"Type":"RTN_DYN","From":7,"Target":["UI"],"Data":"none"}',
    '{"Type":42,"From":"SERV","Target":"UI","Data":{}}',
    '{"Type":null}',
    '{}',
    '[]',
    '[{"Type":"RTN_LOGIN"}]',
    'null',
    '"RTN_DYN"',
    '',
    'Traceback (most recent call last):',
    '{"Type":"RTN_DYN","From":"SERV",',
  ].map((frame) => ({ afterMs: 0, frame }));
}

/** Frames that follow a subscribe. */
export function unaskedAfterSubscribe(): readonly Unasked[] {
  const atOnce = [
    envelope('NOT_DYN_TEMP', '{"0":{"ID":9,"Serial":30000011,"Time":"2025-05-19 16:20","Temp":NaN}}'),
    envelope('NOT_DYN_READING', '{"Serial":[],"X":"?","Y":null,"Z":true}'),
    envelope('NOT_DYN_CONN', 'null'),
    envelope('NOT_AP_CONN', '{"Serial":"the one in the hall","Connected":"maybe"}'),
    envelope('NOT_SOMETHING_NEW', '[]'),
    '{"Type":"NOT_DYN_BATT"}',
  ].map((frame) => ({ afterMs: 0, frame }));
  const nameless = errorReply(null, "local variable 'sensor' referenced before assignment");
  return [...atOnce, { afterMs: NAMELESS_ERROR_AFTER_MS, frame: nameless }];
}
