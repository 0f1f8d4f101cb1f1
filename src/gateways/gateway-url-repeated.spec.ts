import { gatewayUrlProblem } from './gateway-url';

it('accepts an international host name however often it is checked', () => {
  const problems = Array.from({ length: 20_000 }, () => gatewayUrlProblem('wss://bücher.example'));
  expect(problems.filter((problem) => problem !== null)).toEqual([]);
});
