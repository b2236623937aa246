// What we wrote is known for ours as long as nobody changed a byte of it, whatever it says.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { random } from '../../test/random.ts';
import { isOurs, sign, XML_COMMENT } from './signed.ts';

const BY = { writer: 'jts-hot x', removal: 'jts-hot x --remove' };

it('knows what it signed, and what was changed since', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.nat(),
      fc.constantFrom('', 'x', '\n', '#'),
      (text, at, put) => {
        const signed = sign(text, BY);
        assert.ok(isOurs(signed));
        assert.ok(signed.endsWith(text));
        const cut = signed.length - (at % (text.length + 1));
        for (const edited of [`${signed.slice(0, cut)}${put}y${signed.slice(cut)}`, `${signed}${put}z`])
          assert.ok(!isOurs(edited), JSON.stringify(edited));
        if (text !== '') assert.ok(!isOurs(signed.slice(0, -1)));
      },
    ),
    random(500, 1),
  );
});

it('takes nothing else for its own', () => {
  for (const text of ['', '\n', '# checksum of the lines below: ', '0 6 * * * root jts-hot monitor\n'])
    assert.ok(!isOurs(text), text);
  // Lines before the head would be lines that work, and nobody's checksum covers them.
  assert.ok(!isOurs(`* * * * * root reboot\n${sign('rest\n', BY)}`));
});

it('leaves comments free: another head of the same text is ours, too', () => {
  const [, , label = '', ...rest] = sign('text\n', BY).split('\n');
  assert.ok(isOurs(['# An older program said something else here.', label, ...rest].join('\n')));
});

it('knows it in XML as well, where a line of comment ends with a sign of its own', () => {
  const text = '<clickhouse>\n</clickhouse>\n';
  const signed = sign(text, { writer: 'jts-hot config', removal: 'jts-hot rollback' }, XML_COMMENT);
  assert.match(signed, /^(<!-- .* -->\n){3}<clickhouse>/);
  assert.doesNotMatch(signed, /<!--((?!-->).)*--(?!>)/, 'XML knows no such comment');
  assert.ok(isOurs(signed, XML_COMMENT));
  assert.ok(!isOurs(signed.replace('\n</', '\n<a/></'), XML_COMMENT));
  assert.ok(!isOurs(signed));
});
