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
    assignment.add(['a', 'b']);
    assignment.add(['c']);
    assignment.remove(['b']);
    expect(['a', 'b', 'c'].filter((id) => assignment.includes(id))).toEqual(['a', 'c']);
    assignment.remove('all');
    expect(assignment.isEmpty).toBe(true);
  });

  it('of all gateways cannot release single ones', () => {
    const assignment = new Assignment();
    assignment.add('all');
    expect(() => assignment.remove(['a'])).toThrow('released as a whole');
  });
});
