import { silentLogger } from '../../../test/unit-support/silent-logger';
import { aLiveSession, ID } from './gateway-session.harness';
import { GatewayInbox } from './gateway-inbox';

const TEMPERATURE = '{"Type":"NOT_DYN_TEMP","From":"SERV","Target":"UI","Data":{"ID":9,"Serial":3,"Temp":23}}';

function anInbox() {
  const logger = silentLogger();
  const logError = jest.spyOn(logger, 'error');
  return { inbox: new GatewayInbox(logger), logError };
}

describe('GatewayInbox', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('passes on each frame that does not answer a command, with its gateway and the moment', async () => {
    const { inbox } = anInbox();
    const onFrame = jest.fn();
    inbox.onFrame(onFrame);
    const { session, socket } = await aLiveSession({ inbox });
    jest.advanceTimersByTime(250);
    socket.says(TEMPERATURE);
    expect(onFrame.mock.calls).toEqual([[ID, expect.objectContaining({ type: 'NOT_DYN_TEMP' }), performance.now()]]);
    void session.stop();
    socket.says(TEMPERATURE);
    expect(onFrame).toHaveBeenCalledTimes(1);
  });

  it('does not pass on the answer to a command', async () => {
    const { inbox } = anInbox();
    const onFrame = jest.fn();
    inbox.onFrame(onFrame);
    const { session, socket } = await aLiveSession({ inbox }); // Its login is answered.
    jest.advanceTimersByTime(5250); // A ping is unanswered: it probes.
    expect(socket.types.at(-1)).toBe('GET_DYN_CONNECTED');
    socket.says('{"Type":"RTN_DYN","Data":[]}');
    expect(onFrame).not.toHaveBeenCalled();
    socket.says('{"Type":"RTN_DYN","Data":[]}');
    expect(onFrame).toHaveBeenCalledTimes(1);
    void session.stop();
  });

  it('does not call a listener that was removed', () => {
    const { inbox } = anInbox();
    const onFrame = jest.fn();
    const remove = inbox.onFrame(onFrame);
    remove();
    inbox.receive(ID, { type: 'NOT_DYN_TEMP', data: {} });
    expect(onFrame).not.toHaveBeenCalled();
  });

  it('passes a frame to the other listeners when one of them throws, and logs the error', () => {
    const { inbox, logError } = anInbox();
    const onFrame = jest.fn();
    inbox.onFrame(() => {
      throw new Error('a listener failed');
    });
    inbox.onFrame(onFrame);
    inbox.receive(ID, { type: 'NOT_DYN_TEMP', data: {} });
    expect(onFrame).toHaveBeenCalledTimes(1);
    expect(logError).toHaveBeenCalledTimes(1);
  });
});
