import { Assignment } from './assignment';

describe('Assignment', () => {
  it('begins with no gateway', () => {
    const assignment = new Assignment();
    expect([assignment.isEmpty, assignment.includes('a')]).toEqual([true, false]);
  });

  it('of all gateways includes unknown ones', () => {
    const assignment = new Assignment();
    assignment.add('all');
    expect([assignment.isEmpty, assignment.includes('a')]).toEqual([false, true]);
    assignment.remove('all');
    expect([assignment.isEmpty, assignment.includes('a')]).toEqual([true, false]);
  });

  it('of single gateways grows and shrinks', () => {
    const assignment = new Assignment();
    assignment.add([10, 11]);
    assignment.add([12]);
    assignment.remove([11]);
    expect(['000a', '000b', '000c'].filter((id) => assignment.includes(id))).toEqual(['000a', '000c']);
    assignment.remove('all');
    expect(assignment.isEmpty).toBe(true);
  });

  it('of all gateways cannot release single ones', () => {
    const assignment = new Assignment();
    assignment.add('all');
    expect(() => assignment.remove([10])).toThrow('released as a whole');
  });
});
