import { findType } from './type-finder';

const find = (text: string) => findType(Buffer.from(text));

describe('findType', () => {
  it.each([
    ['alone', '{"Type":"A"}'],
    ['among spaces and line ends', ' \r\n{\t"Type" \n:  "A" }'],
    ['behind a text', '{"From":"SERV","Type":"A"}'],
    ['behind a number', '{"a":-1.5e3,"Type":"A"}'],
    ['behind a literal', '{"a":null , "Type":"A"}'],
    ['behind an empty object and an empty list', '{"a":{},"b":[],"Type":"A"}'],
    ['behind an object', '{"a":{"b":1,"Type":"B"},"Type":"A"}'],
    ['behind a list', '{"a":[1,{"Type":"B"},[2,3]],"Type":"A"}'],
    ['behind a text with brackets, commas and colons', '{"a":"},],{[:","Type":"A"}'],
    ['behind a text with a quote', String.raw`{"a":"\"","Type":"A"}`],
    ['behind a text that ends in a backslash', String.raw`{"a":"\\","Type":"A"}`],
    ['behind a key with a quote', String.raw`{"\"":1,"Type":"A"}`],
    ['behind keys that resemble it', '{"Types":"B","Typ":"B","type":"B","Tipe":"B","Data":"B","Type":"A"}'],
    ['before another one', '{"Type":"A","Type":"B"}'],
    ['at the end of half a message', '{"Type":"A"'],
    ['in half a message', '{"Type":"A","Data":[{"x'],
    ['before what is no JSON', '{"Type":"A",,]'],
    ['with an escape', String.raw`{"Type":"\u0041"}`],
  ])('finds a type %s', (_, text) => {
    expect(find(text)).toBe('A');
  });

  it.each([' ~', 'Ä', 'Ä 🔑', '\\', '\u007f', 'x'.repeat(98), ''])('reads the type %j', (type) => {
    expect(find(`{"Type":${JSON.stringify(type)}}`)).toBe(type);
  });

  it.each([
    ['', 'nothing'],
    [' ', 'a space'],
    ['{', 'a brace'],
    ['"Type":"A"', 'a pair'],
    ['["Type","A"]', 'a list'],
    ['["Type":"A"]', 'a pair in a list'],
    ['x{"Type":"A"}', 'an object behind something else'],
    ['{Type:"A"}', 'a key without quotes'],
    ['{"Type"', 'a key alone'],
    ['{"Type":', 'a key and a colon'],
    ['{"Type" "A"}', 'a key without a colon'],
    ['{"a" 1,"Type":"A"}', 'another key without a colon'],
    ['{"Type":7}', 'a number'],
    ['{"Type":null}', 'a null'],
    ['{"Type":{"x":"A"}}', 'an object'],
    ['{"Type":"A', 'half a type'],
    ['{"Type":"A\\"', 'half a type that ends in a quote of its own'],
    ['{"Type":"A\u0001"}', 'a control character'],
    ['{"Type":"\\q"}', 'an escape that there is not'],
    [`{"Type":"${'x'.repeat(99)}"}`, 'a type that is too long'],
    ['{"a":1}', 'another key'],
    ['{"Data":{"Type":"A"}}', 'a type further inside'],
    ['{"Data":[{"Type":"A"}', 'a type in half a list'],
    ['{"a":1},"Type":"A"}', 'a type behind the end'],
    ['{"a":[1]],"Type":"A"}', 'a type behind one bracket too many'],
    ['{"a":1}{,"Type":"A"}', 'a type behind a second beginning'],
    ['{x":1,"Type":"A"}', 'a type behind a key that is none'],
    ['{"a":1;"Type":"A"}', 'a type behind no comma'],
    ['{"a":1,', 'a comma'],
    ['{"a', 'half a key'],
  ])('finds no type in %s: %s', (text) => {
    expect(find(text)).toBeNull();
  });
});
