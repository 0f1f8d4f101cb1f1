import { gatewayUrlProblem } from './gateway-url';

it('understands an international name however often it is asked', () => {
  const problems = Array.from({ length: 20_000 }, () => gatewayUrlProblem('wss://bücher.example'));
  expect(problems.filter((problem) => problem !== null)).toEqual([]);
});
