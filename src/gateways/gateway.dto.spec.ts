import { withTimeLimit } from '../../test/unit-support/time-limit';
import { CreateFactoryDto } from '../factories/factory.dto';
import { CreateGatewayDto } from './gateway.dto';

describe('a text field', () => {
  it.each([
    ['email', 'a@'],
    ['email', 'a.'],
    ['url', 'ws://a.'],
    ['url', 'a.'],
    ['url', '['],
    ['timezone', 'A/'],
  ])('SEC-19: is refused in time proportional to its size: %s of many %s', (field, piece) => {
    const schema = field === 'timezone' ? CreateFactoryDto.schema : CreateGatewayDto.schema;
    const body = { [field]: piece.repeat(2_000_000) };
    withTimeLimit(() => {
      expect(schema.safeParse(body).error?.issues.map(({ path }) => path[0])).toContain(field);
    });
  });
});
