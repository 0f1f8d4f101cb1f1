import { OrderedReadings } from './ordered-readings';

describe('OrderedReadings', () => {
  it('takes one reading of the sensor and kind for the ordered one', () => {
    const ordered = new OrderedReadings();
    expect(ordered.isExpecting('gateway')).toBe(false);
    ordered.expect('gateway', 'vibration', 7);
    expect([ordered.isExpecting('gateway'), ordered.isExpecting('other')]).toEqual([true, false]);
    expect(ordered.take('gateway', 'temperature', 7)).toBe(false);
    expect(ordered.take('gateway', 'vibration', 8)).toBe(false);
    expect(ordered.take('other', 'vibration', 7)).toBe(false);
    expect(ordered.take('gateway', 'vibration', 7)).toBe(true);
    expect(ordered.take('gateway', 'vibration', 7)).toBe(false);
  });

  it('expects nothing once the expectation has ended', () => {
    const ordered = new OrderedReadings();
    ordered.expect('gateway', 'vibration', 7)();
    expect(ordered.take('gateway', 'vibration', 7)).toBe(false);
  });
});
